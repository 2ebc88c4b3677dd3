// Pool sizes, and what run warns about but replay refuses. SOURCE spec disaggregation 2.2, 2.3.

#include "config/disaggregation_checks.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"

namespace blis::config {
namespace {

struct Sizes {
  std::int64_t prefill, decode, shared, encode, instances;
};

bool accepted(const Sizes& s) {
  DisaggregationFlags flags;
  flags.prefill_instances.value = s.prefill;
  flags.decode_instances.value = s.decode;
  flags.prefill_decode_instances.value = s.shared;
  flags.encode_instances.value = s.encode;
  try {
    resolve_topology(flags, s.instances);
  } catch (const ConfigError&) {
    return false;
  }
  return true;
}

TEST(PoolTopology, AcceptsWhatTheSpecAccepts) {
  for (const Sizes& s : std::vector<Sizes>{{0, 0, 0, 0, 1},
                                           {2, 2, 0, 0, 4},
                                           {1, 3, 0, 0, 4},
                                           {0, 0, 4, 0, 4},
                                           {2, 0, 2, 0, 4},
                                           {0, 2, 2, 0, 4},
                                           {2, 1, 1, 0, 4},
                                           {0, 0, 2, 1, 3},
                                           {1, 1, 0, 1, 3},
                                           {1, 1, 0, 0, 9}}) {
    EXPECT_TRUE(accepted(s)) << s.prefill << s.decode << s.shared << s.encode << s.instances;
  }
}

TEST(PoolTopology, RejectsWhatTheSpecRejects) {
  for (const Sizes& s : std::vector<Sizes>{{2, 0, 0, 0, 4},
                                           {0, 2, 0, 0, 4},
                                           {3, 3, 0, 0, 4},
                                           {0, 2, 0, 1, 3},
                                           {0, 0, 0, 2, 2},
                                           {1, 1, 0, 2, 3},
                                           {-1, 1, 1, 0, 3},
                                           {0, 0, 1, -1, 3},
                                           {INT64_MAX, INT64_MAX, 0, 0, 3}}) {
    EXPECT_FALSE(accepted(s)) << s.prefill << s.decode << s.shared << s.encode << s.instances;
  }
}

enum class Outcome { kSilent, kWarning, kError };

Outcome check(const std::vector<std::string>& words, CommandKind command) {
  SimulationFlags flags;
  FlagSet set;
  register_flags(flags, set);
  set.parse(words);
  Diagnostics diagnostics;
  try {
    check_disaggregation(flags.disagg, resolve_topology(flags.disagg, 4), command, diagnostics);
  } catch (const ConfigError&) {
    return Outcome::kError;
  }
  return diagnostics.entries().empty() ? Outcome::kSilent : Outcome::kWarning;
}

TEST(Disaggregation, InertFlagsAreWarningsInRunAndErrorsInReplay) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--pd-decider=always"},
                                             {"--pd-prefix-threshold=16"},
                                             {"--prefill-tp=2"},
                                             {"--decode-hardware=H100"},
                                             {"--decode-latency-model=roofline"},
                                             {"--prefill-max-model-len=5"}}) {
    EXPECT_EQ(check(words, CommandKind::kRun), Outcome::kWarning) << words[0];
    EXPECT_EQ(check(words, CommandKind::kReplay), Outcome::kError) << words[0];
  }
}

TEST(Disaggregation, RefusesValuesThatBothCommandsRefuse) {
  const std::vector<std::string> pools = {"--prefill-instances=1", "--decode-instances=1"};
  for (const std::string flag :
       {"--pd-decider=sometimes", "--encode-decider=sometimes", "--encode-decider=always",
        "--pd-transfer-bandwidth=0", "--pd-transfer-base-latency=nan", "--prefill-tp=0",
        "--decode-latency-model=nope", "--prefill-max-model-len=0"}) {
    std::vector<std::string> words = pools;
    words.push_back(flag);
    EXPECT_EQ(check(words, CommandKind::kRun), Outcome::kError) << flag;
    EXPECT_EQ(check(words, CommandKind::kReplay), Outcome::kError) << flag;
  }
  EXPECT_EQ(check({"--pd-decider=prefix-threshold", "--pd-prefix-threshold=-1"}, CommandKind::kRun),
            Outcome::kError);
}

TEST(Disaggregation, ACompletePairOfPoolsIsSilent) {
  EXPECT_EQ(check({"--prefill-instances=1", "--decode-instances=1", "--pd-decider=always"},
                  CommandKind::kReplay),
            Outcome::kSilent);
}

}  // namespace
}  // namespace blis::config
