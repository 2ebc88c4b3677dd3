// never: no request visits the encode pool. SOURCE spec disaggregation 4.2.

#include "disagg/decider.h"

namespace blis::disagg {

bool encode_never([[maybe_unused]] const request::RequestSpec& request) { return false; }

}  // namespace blis::disagg
