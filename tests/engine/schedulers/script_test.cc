#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "engine/scheduler.h"
#include "request/request_table.h"
#include "script/policy_script.h"

namespace blis::engine {
namespace {

// A row of the request table serves a later request when its first one has been forgotten; what
// the script said of the first one does not count for the later.
TEST(ScriptScheduler, AsksAboutEveryRequestThatARowServes) {
  SymbolTable symbols;
  request::RequestTable requests;
  const auto script =
      script::make_policy_script("p.lua", "function priority(r, i) return r.input_tokens end", 1);
  const std::unique_ptr<Scheduler> scheduler =
      find_scheduler("script")->make({symbols, script.get()});
  const auto add = [&](std::int64_t input_tokens) {
    request::RequestSpec spec;
    spec.input_tokens = input_tokens;
    return requests.add(spec);
  };
  const RequestId first = add(100);
  const RequestId other = add(50);
  scheduler->prepare({first, other}, requests, Micros());
  EXPECT_TRUE(scheduler->before(requests[first], requests[other]));
  const request::Request* const row = &requests[first];
  requests.forget(first);
  const RequestId later = add(10);
  ASSERT_EQ(&requests[later], row);
  scheduler->prepare({other, later}, requests, Micros());
  EXPECT_FALSE(scheduler->before(requests[later], requests[other]));
  EXPECT_TRUE(scheduler->before(requests[other], requests[later]));
}

}  // namespace
}  // namespace blis::engine
