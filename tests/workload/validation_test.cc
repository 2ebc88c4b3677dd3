#include "workload/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/message_of.h"
#include "testing/workload_digest.h"
#include "workload/adapter_check.h"

namespace blis::workload {
namespace {

using blis::testing::message_of;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::parse;

/// A valid client and cohort, to be broken in one place each. ~ stands for where extra keys go.
std::string client(const std::string& extra, const std::string& rate = "rate_fraction: 1",
                   const std::string& arrival = "arrival: {process: poisson}",
                   const std::string& input = "{type: constant, params: {value: 3}}") {
  return "{id: c, " + rate + ", " + arrival + ", input_distribution: " + input +
         ", output_distribution: {type: constant, params: {value: 3}}" +
         (extra.empty() ? "" : ", " + extra) + "}";
}
std::string with_clients(const std::string& clients, const std::string& top = "aggregate_rate: 1") {
  return top + "\nclients:\n- " + clients + "\n";
}
std::string with_cohort(const std::string& extra, const std::string& top = "aggregate_rate: 1",
                        const std::string& population = "population: 2") {
  return top + "\ncohorts:\n- " + client(population + (extra.empty() ? "" : ", " + extra)) + "\n";
}

std::string rejection(const std::string& yaml) {
  return message_of([&] {
    const WorkloadSpec spec = parse(yaml);
    check_single_source(spec);
    validate(spec);
  });
}

TEST(Validation, AcceptsWhatItShould) {
  EXPECT_EQ(rejection(with_clients(client(""))), "no error");
  EXPECT_EQ(rejection(with_cohort("")), "no error");
  EXPECT_EQ(
      rejection(with_clients(client("concurrency: 2", "streaming: no", "tenant_id: t"), "seed: 1")),
      "no error");
  EXPECT_EQ(
      rejection(with_clients(
          client("lifecycle: {windows: [{start_us: 0, end_us: 5, trace_rate: 1}]}"), "seed: 1")),
      "no error");
  EXPECT_EQ(
      rejection(with_cohort("spike: {start_time_us: 0, duration_us: 5, trace_rate: 1}", "seed: 1")),
      "no error");
}

struct Mistake {
  std::string yaml;
  std::vector<std::string> fragments;
};

class Mistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreNamedWithTheirPlace) {
  const std::string message = rejection(GetParam().yaml);
  EXPECT_THAT(message, HasSubstr("invalid workload spec: test.yaml"));
  for (const std::string& fragment : GetParam().fragments)
    EXPECT_THAT(message, HasSubstr(fragment));
}

INSTANTIATE_TEST_SUITE_P(
    Top, Mistakes,
    ::testing::Values(
        Mistake{"inference_perf: {}\nservegen_data: {}",
                {"mutually exclusive", "servegen_data", "inference_perf"}},
        Mistake{with_clients(client(""), "servegen_data: {}"), {"mutually exclusive", "clients"}},
        Mistake{"category: languag", {"category", "did you mean \"language\""}},
        Mistake{"aggregate_rate: 1", {"at least one client or cohort"}},
        Mistake{with_clients(client(""), "aggregate_rate: -1"),
                {"aggregate_rate", "must be positive", "-1"}},
        Mistake{with_clients(client(""), "aggregate_rate: .inf"),
                {"must be a finite number", "inf"}},
        Mistake{with_clients(client(""), "seed: 1"),
                {":3", "client[0]", "absolute rate mode", "no lifecycle windows"}},
        Mistake{with_clients(client("lifecycle: {windows: [{end_us: 5}]}"), "seed: 1"),
                {"client[0].lifecycle.windows[0]", "absolute rate mode", "no trace_rate"}},
        Mistake{with_cohort("", "seed: 1"), {"cohort[0]", "absolute rate mode"}},
        Mistake{with_cohort("spike: {duration_us: 5}", "seed: 1"),
                {"absolute rate mode", "spike without trace_rate"}},
        Mistake{with_cohort("spike: {duration_us: 5, trace_rate: 0}", "seed: 1"),
                {"spike.trace_rate", "must be positive"}},
        Mistake{with_cohort("diurnal: {peak_to_trough_ratio: 2}", "seed: 1"), {"diurnal pattern"}},
        Mistake{with_cohort("drain: {ramp_duration_us: 2}", "seed: 1"), {"drain pattern"}}));

INSTANTIATE_TEST_SUITE_P(
    Client, Mistakes,
    ::testing::Values(
        Mistake{with_clients(client("slo_class: critcal")),
                {"client[0].slo_class", "did you mean \"critical\""}},
        Mistake{with_clients(client("concurrency: -1")),
                {"concurrency must be non-negative", "-1"}},
        Mistake{with_clients(client("think_time_us: -1")), {"think_time_us must be non-negative"}},
        Mistake{with_clients(client("concurrency: 1")), {"client[0]", "mutually exclusive"}},
        Mistake{with_clients(client("", "rate_fraction: .nan")),
                {"client[0].rate_fraction", "must be a finite number"}},
        Mistake{with_clients(client("", "rate_fraction: 0")),
                {"client[0].rate_fraction", "must be positive"}},
        Mistake{with_clients(client("", "rate_fraction: 1", "arrival: {process: poison}")),
                {"client[0].arrival.process", "did you mean \"poisson\""}},
        Mistake{with_clients(client("", "rate_fraction: 1", "arrival: {process: weibull, cv: 11}")),
                {"client[0].arrival.cv", "10.4", "11"}},
        Mistake{with_clients(client("", "rate_fraction: 1", "arrival: {process: gamma, cv: 0}")),
                {"client[0].arrival.cv", "must be positive"}},
        Mistake{
            with_clients(client("", "rate_fraction: 1", "arrival: {process: gamma, shape: -1}")),
            {"arrival.shape", "must be positive"}},
        Mistake{
            with_clients(client("", "rate_fraction: 1", "arrival: {process: gamma, scale: .inf}")),
            {"arrival.scale", "finite"}},
        Mistake{with_clients(client("prefix_length: -1")), {"prefix_length must be non-negative"}},
        Mistake{with_clients(client("", "rate_fraction: 1", "arrival: {process: poisson}",
                                    "{type: uniform}")),
                {"client[0].input_distribution.type", "uniform"}},
        Mistake{with_clients(client("", "rate_fraction: 1", "arrival: {process: poisson}",
                                    "{type: constant, params: {x: .nan}}")),
                {"client[0].input_distribution.params.x", "must be a finite number"}},
        Mistake{with_clients(client("timeout: -1")), {"timeout must be non-negative"}},
        Mistake{with_clients(client("slo_target_us: -1")), {"slo_target_us must be non-negative"}},
        Mistake{with_clients(client("reasoning: {multi_turn: {max_rounds: 0}}")),
                {"max_rounds must be >= 1"}},
        Mistake{with_clients(client("lifecycle: {}")), {"lifecycle.windows", "at least one"}},
        Mistake{with_clients(client("lifecycle: {windows: [{start_us: -1, end_us: 5}]}")),
                {"windows[0].start_us"}},
        Mistake{with_clients(client("lifecycle: {windows: [{start_us: 5, end_us: 5}]}")),
                {"windows[0].end_us"}},
        Mistake{with_clients(client(
                    "lifecycle: {windows: [{end_us: 5, input_distribution: {type: gaussian}}]}")),
                {"windows[0].input_distribution", "requires param \"mean\""}},
        Mistake{with_clients(client("concurrency: 2", "streaming: no") + "\n- " +
                             client("reasoning: {multi_turn: {max_rounds: 1}}")),
                {"client[1]", "cannot be mixed"}},
        Mistake{with_clients(client("slo_class: batch") + "\n- " + client("")),
                {"mixed slo_class specification", "1 (clients[0])", "1 (clients[1])"}}));

INSTANTIATE_TEST_SUITE_P(
    Cohort, Mistakes,
    ::testing::Values(
        Mistake{with_cohort("", "aggregate_rate: 1", "population: 0"),
                {"cohort[0].population", "population must be positive"}},
        Mistake{with_cohort("", "aggregate_rate: 1", "population: 100001"), {"100000", "100001"}},
        Mistake{with_cohort("slo_class: x"), {"cohort[0].slo_class"}},
        Mistake{with_cohort("diurnal: {peak_to_trough_ratio: 0.5}"),
                {"peak_to_trough_ratio must be", "0.5"}},
        Mistake{with_cohort("diurnal: {peak_to_trough_ratio: 2, peak_hour: 24}"),
                {"diurnal.peak_hour", "24"}},
        Mistake{with_cohort("spike: {start_time_us: -1}"), {"spike.start_time_us"}},
        Mistake{with_cohort("spike: {start_time_us: 1}"), {"spike.duration_us"}},
        Mistake{with_cohort("drain: {start_time_us: -1}"), {"drain.start_time_us"}},
        Mistake{with_cohort("drain: {start_time_us: 1}"), {"drain.ramp_duration_us"}},
        Mistake{with_cohort("prefix_sharing: per_membr"), {"did you mean \"per_member\""}},
        Mistake{with_cohort("prefix_sharing: per_member"), {"prefix_group"}},
        Mistake{with_cohort("reasoning: {multi_turn: {}}"), {"max_rounds must be >= 1"}}));

TEST(Adapters, MustBeDeclaredForTheirModel) {
  const auto rejected = [](const std::string& keys, const DeclaredAdapters& declared) {
    return message_of(
        [&] { check_adapter_references(parse(with_clients(client(keys))), declared); });
  };
  EXPECT_EQ(rejected("model: m", {}), "no error");
  EXPECT_THAT(rejected("adapter: a", {}),
              AllOf(HasSubstr("client[0].adapter"), HasSubstr("no adapters are declared")));
  EXPECT_THAT(rejected("adapter: adaptor", {{"adapter", ""}}),
              HasSubstr("did you mean \"adapter\""));
  EXPECT_EQ(rejected("adapter: a, model: anything", {{"a", ""}}), "no error");
  EXPECT_EQ(rejected("adapter: a, model: m", {{"a", "m"}}), "no error");
  EXPECT_THAT(rejected("adapter: a", {{"a", "m"}}),
              AllOf(HasSubstr("client[0].model"), HasSubstr("\"m\"")));
  const WorkloadSpec cohort = parse(with_cohort("adapter: b"));
  EXPECT_THAT(message_of([&] {
                check_adapter_references(cohort, {{"a", ""}});
              }),
              HasSubstr("cohort[0].adapter"));
  Diagnostics diagnostics;
  warn_about_adapters(cohort, diagnostics);
  EXPECT_EQ(diagnostics.entries().size(), 1u);
}

}  // namespace
}  // namespace blis::workload
