// always: every request visits the encode pool. SOURCE spec disaggregation 4.2.

#include "disagg/decider.h"

namespace blis::disagg {

bool encode_always([[maybe_unused]] const request::RequestSpec& request) { return true; }

}  // namespace blis::disagg
