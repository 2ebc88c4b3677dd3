// How a string is written in YAML so that it reads back as that string. Private to the YAML writer.
#pragma once

#include <string>
#include <string_view>

namespace blis {

enum class YamlStyle { kPlain, kSingleQuoted, kDoubleQuoted, kLiteralBlock };

/// The style that the reference's encoder picks. Keys are never blocks. REQUIRES  `text` is valid
/// UTF-8.
YamlStyle yaml_string_style(std::string_view text, bool is_key);

std::string yaml_single_quoted(std::string_view text);
std::string yaml_double_quoted(std::string_view text);

/// Header and lines of a literal block, each line indented to `column`, with a newline at the end.
std::string yaml_literal_block(std::string_view text, int column);

}  // namespace blis
