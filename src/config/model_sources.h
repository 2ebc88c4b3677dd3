// Places outside the project's own files that a model's config.json may come from.
#pragma once

#include <string>

#include "model/config_fetch.h"

namespace blis::config {

/// The library reads no environment, so the command passes in what it finds there.
struct ModelSources {
  std::string hugging_face_cache;             ///< folder with models--org--name/, usually
                                              ///< ~/.cache/huggingface/hub; "" = none
  std::string hugging_face_token;             ///< HF_TOKEN; "" = none
  model::HttpTransport* transport = nullptr;  ///< nullptr = never fetch
};

}  // namespace blis::config
