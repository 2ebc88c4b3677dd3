// multimodal: requests that carry something other than text. SOURCE spec disaggregation 4.2.

#include "disagg/decider.h"

namespace blis::disagg {

bool encode_multimodal([[maybe_unused]] const request::RequestSpec& request) {
  return request.image_tokens > 0 || request.audio_tokens > 0 || request.video_tokens > 0;
}

}  // namespace blis::disagg
