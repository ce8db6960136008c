// SPDX-License-Identifier: Apache-2.0
// Campaigns whose workers misbehave. Whole runs with the real worker are in tests/cli.
#include "steelyard/run/campaign.h"

#include <gtest/gtest.h>

#include <map>

#include "steelyard/base/clock.h"
#include "steelyard/run/worker_process.h"

namespace steelyard {
namespace {

Plan plan_of(std::size_t cases) {
  Plan plan;
  plan.effort.blocks = 2;
  for (std::size_t i = 0; i < cases; ++i) {
    Case what;
    what.model = "m" + std::to_string(i);
    what.spec = parse_spec("null");
    what.id = identity(what);
    plan.cases.push_back(what);
  }
  return plan;
}

std::map<std::size_t, Outcome> run_with(const std::string& script, const Plan& plan,
                                        const Resume& resume = {},
                                        nanoseconds patience = std::chrono::seconds(10)) {
  CampaignSetup setup;
  setup.worker_command = {"/bin/sh", "-c", script};
  setup.patience = patience;
  std::map<std::size_t, Outcome> outcomes;
  run_campaign(
      plan,
      [&](const Event& event) {
        const auto& end = std::get<CaseEnd>(event);
        EXPECT_TRUE(outcomes.emplace(end.index, end.outcome).second) << "ended twice";
      },
      resume, nullptr, setup);
  return outcomes;
}

TEST(Campaign, NamesTheSignalAndTheLastWordsOfACrash) {
  const auto outcomes = run_with("echo 'cannot map BAR 0' >&2; kill -SEGV $$", plan_of(1));
  const Outcome& outcome = outcomes.at(0);
  EXPECT_EQ(outcome.kind, Outcome::Failed);
  EXPECT_EQ(outcome.reason.code, ReasonCode::crashed);
  EXPECT_EQ(outcome.reason.values.front().value, 11);
  EXPECT_EQ(outcome.reason.quoted, "SIGSEGV: cannot map BAR 0");
}

TEST(Campaign, NamesTheStatusOfAWorkerThatLeaves) {
  const Outcome outcome = run_with("echo bye >&2; exit 3", plan_of(1)).at(0);
  EXPECT_EQ(outcome.reason.code, ReasonCode::exited);
  EXPECT_EQ(outcome.reason.values.front().value, 3);
  EXPECT_EQ(outcome.reason.quoted, "bye");
}

TEST(Campaign, KillsAWorkerThatHangsAndTheProcessesItStarted) {
  const nanoseconds begin = MonotonicClock::read();
  const Outcome outcome = run_with("echo waiting >&2; sleep 1000 & sleep 1000", plan_of(1), {},
                                   std::chrono::milliseconds(300))
                              .at(0);
  EXPECT_EQ(outcome.kind, Outcome::Failed);
  EXPECT_EQ(outcome.reason.code, ReasonCode::timed_out);
  EXPECT_EQ(outcome.reason.quoted, "waiting");
  EXPECT_LT(seconds_of(MonotonicClock::read() - begin), 30);
}

TEST(Campaign, GoesOnAfterALostWorker) {
  const auto outcomes = run_with("exit 1", plan_of(3));
  EXPECT_EQ(outcomes.size(), 3u);
}

TEST(Campaign, DoesNotBelieveNonsense) {
  for (const char* script : {"printf 'HTTP/1.1 200 OK\\r\\n'", "printf '\\005\\000\\000\\000hello'",
                             "printf '\\005\\000\\000\\000he'", "cat"}) {
    const Outcome outcome = run_with(script, plan_of(1), {}, std::chrono::seconds(2)).at(0);
    EXPECT_EQ(outcome.kind, Outcome::Failed) << script;
  }
}

TEST(Campaign, DrainsATalkativeWorker) {
  const Outcome outcome =
      run_with(
          "i=0; while [ $i -lt 20000 ]; do echo noise noise noise >&2; i=$((i+1)); done; "
          "echo the end >&2; exit 7",
          plan_of(1), {}, std::chrono::seconds(60))
          .at(0);
  EXPECT_EQ(outcome.reason.code, ReasonCode::exited);
  EXPECT_TRUE(outcome.reason.quoted.ends_with("the end"));
  EXPECT_LE(outcome.reason.quoted.size(), 1000u);
}

TEST(Campaign, SkipsWhatIsNotReadyWithItsReason) {
  Plan plan = plan_of(1);
  plan.cases[0].spec = parse_spec("onnxruntime:cpu");
  ::setenv("STEELYARD_MODULES", "/nowhere", 0);
  const auto outcomes = run_with("exit 1", plan);
  // Whether it is built here or not: a row, and never an exception.
  EXPECT_NE(outcomes.at(0).kind, Outcome::Completed);
  EXPECT_NE(outcomes.at(0).reason.code, ReasonCode::none);
}

TEST(Campaign, DoesNotTouchWhatIsFinished) {
  const Plan plan = plan_of(2);
  Resume resume;
  resume.finished_cases = {plan.cases[0].id};
  const auto outcomes = run_with("exit 1", plan, resume);
  EXPECT_EQ(outcomes.size(), 1u);
  EXPECT_TRUE(outcomes.contains(1));
}

TEST(Campaign, CompletesACaseWhoseBlocksAreAllThere) {
  const Plan plan = plan_of(1);
  Resume resume;
  resume.finished_blocks = {{plan.cases[0].id, 2}};
  EXPECT_EQ(run_with("exit 1", plan, resume).at(0).kind, Outcome::Completed);
}

TEST(Campaign, StopsBeforeTheNextBlock) {
  const std::atomic<bool> stop{true};
  CampaignSetup setup;
  setup.worker_command = {"/bin/false"};
  run_campaign(
      plan_of(3), [](const Event&) { FAIL() << "nothing may happen"; }, {}, &stop, setup);
}

TEST(Campaign, EndsWhenTheSinkCannotTakeMore) {
  CampaignSetup setup;
  setup.worker_command = {"/bin/sh", "-c", "exit 1"};
  EXPECT_THROW(run_campaign(
                   plan_of(2), [](const Event&) { throw std::runtime_error("disk full"); }, {},
                   nullptr, setup),
               std::runtime_error);
}

TEST(Campaign, FailsTheCaseWhenThereIsNoWorker) {
  CampaignSetup setup;
  setup.worker_command = {"/nowhere/steelyard", "worker"};
  EXPECT_ANY_THROW(run_campaign(
      plan_of(1), [](const Event&) {}, {}, nullptr, setup));
}

}  // namespace
}  // namespace steelyard
