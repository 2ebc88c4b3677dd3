// Byte-level BPE from a Hugging Face `tokenizer.json`: what GPT-2, Llama 3, Qwen and their
// relatives use.
//
//   text -> pieces between added tokens -> pre-tokenizer (regular expressions) -> bytes -> merges
//
// Understood: model BPE without byte fallback; pre-tokenizers ByteLevel, Split (pattern Regex or
// String, behaviour Isolated), Digits, and sequences of them; a TemplateProcessing post-processor,
// whose leading special tokens are counted. NOT MODELLED normalizers: NFC changes nothing in text
// that is composed already, as nearly all is; any other is refused.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "live/serve/tokenizer.h"

namespace blis::live {

/// `file` is named in errors. THROWS DataError for what is not a tokenizer.json, or one of a kind
/// that is not understood.
std::unique_ptr<Tokenizer> parse_bpe_tokenizer(std::string_view json_text, const std::string& file);

}  // namespace blis::live
