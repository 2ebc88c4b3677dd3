// disagg: prefill/decode disaggregation: pools and roles, deciders, KV transfers, and the
// bookkeeping that ties the two halves of a request to their parent. SOURCE spec disaggregation.
#pragma once
