// SPDX-License-Identifier: Apache-2.0
#include "steelyard/store/store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

namespace fs = std::filesystem;

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("steelyard_store_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    file_ = folder_ / "t.db";
  }
  void TearDown() override { fs::remove_all(folder_); }

  static Plan plan_of(int cases, const std::string& campaign = "c1") {
    Plan plan;
    plan.campaign = campaign;
    plan.manifest.started_at = "2026-01-01T00:00:0" + campaign.substr(1) + "Z";
    Truth truth;
    truth.id = "truth-1";
    truth.target = {1, 2, 3};
    plan.truths = {truth};
    for (int i = 0; i < cases; ++i) {
      Case what;
      what.model = "m" + std::to_string(i);
      what.truth = "truth-1";
      what.id = identity(what);
      plan.cases.push_back(what);
    }
    return plan;
  }
  static BlockEnd block_of(std::size_t index, std::uint32_t worker, int queries) {
    BlockEnd end;
    end.index = index;
    end.block.worker = worker;
    end.block.count = static_cast<std::uint64_t>(queries);
    for (int i = 0; i < queries; ++i) {
      const nanoseconds start(1'000LL * i);
      end.block.queries.push_back({start, start, start + nanoseconds(400 + i % 7)});
    }
    end.outputs = {static_cast<float>(worker), 5, 6};
    end.seen = {1, static_cast<std::uint8_t>(worker == 0), 0};
    end.memory_bytes = 100 + worker;
    return end;
  }
  static CaseBegin begin_of(std::size_t index) {
    CaseBegin begin;
    begin.index = index;
    begin.output_width = 1;
    begin.startup.load = nanoseconds(42);
    return begin;
  }
  std::string error_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      EXPECT_FALSE(error.hint().empty());
      return error.what();
    }
    return "";
  }

  fs::path folder_, file_;
};

TEST_F(StoreTest, WhatIsAppendedComesBack) {
  const Plan plan = plan_of(1);
  {
    Store store(file_, Store::Mode::write);
    store.begin(plan);
    store.append(plan, begin_of(0));
    store.append(plan, block_of(0, 0, 1'000));
    store.append(plan, block_of(0, 1, 10));
    store.append(plan, CaseEnd{0, {}});
  }
  const auto all = Store(file_, Store::Mode::read).load();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].outcome.kind, Outcome::Completed);
  EXPECT_EQ(all[0].startup.load, nanoseconds(42));
  EXPECT_EQ(all[0].memory_bytes, 101u);
  ASSERT_EQ(all[0].blocks.size(), 2u);
  EXPECT_EQ(all[0].blocks[0].queries.at(999).finished, nanoseconds(999'000 + 400 + 999 % 7));
  EXPECT_EQ(all[0].seen, (std::vector<std::uint8_t>{1, 1, 0}));
  EXPECT_EQ(all[0].outputs.at(1), 5);
  ASSERT_NE(all[0].truth, nullptr);
  EXPECT_EQ(all[0].truth->target.size(), 3u);
}

TEST_F(StoreTest, NoFileStandsBesideTheDatabase) {
  const Plan plan = plan_of(1);
  Store store(file_, Store::Mode::write);
  store.begin(plan);
  store.append(plan, block_of(0, 0, 10));
  int files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder_)) ++files;
  EXPECT_EQ(files, 1);
}

TEST_F(StoreTest, AQueryTakesAtMostTwelveBytes) {
  const Plan plan = plan_of(1);
  {
    Store store(file_, Store::Mode::write);
    store.begin(plan);
  }
  const auto before = fs::file_size(file_);
  {
    Store store(file_, Store::Mode::write);
    store.append(plan, block_of(0, 0, 200'000));
  }
  EXPECT_LE(fs::file_size(file_) - before, 12u * 200'000);
}

TEST_F(StoreTest, AKilledWriterLosesNoFinishedBlock) {
  const Plan plan = plan_of(2);
  for (int round = 0; round < 5; ++round) {
    fs::remove(file_);
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      Store store(file_, Store::Mode::write);
      store.begin(plan);
      for (std::uint8_t i = 0;; ++i) {
        store.append(plan, block_of(i % 2, 0, 20'000));
        if (::write(ready[1], &i, 1) != 1) ::_exit(1);
      }
    }
    std::uint8_t last = 0;
    for (int i = 0; i < 3 + round; ++i) ASSERT_EQ(::read(ready[0], &last, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    const auto all = Store(file_, Store::Mode::write).load();
    EXPECT_GE(all[0].blocks.size() + all[1].blocks.size(), static_cast<std::size_t>(last) + 1);
    EXPECT_EQ(all[0].outcome.reason.code, ReasonCode::interrupted);
  }
}

TEST_F(StoreTest, AnUnfinishedCampaignSaysWhatIsThere) {
  const Plan plan = plan_of(3);
  Store store(file_, Store::Mode::write);
  EXPECT_EQ(store.unfinished(), nullptr);
  store.begin(plan);
  store.append(plan, CaseEnd{0, {Outcome::Skipped, {ReasonCode::no_device, {}, ""}, "plug it in"}});
  store.append(plan, block_of(1, 0, 5));
  store.append(plan, block_of(1, 0, 5));
  const auto found = store.unfinished();
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->plan.cases.size(), 3u);
  EXPECT_EQ(found->plan.truths.size(), 1u);
  EXPECT_EQ(found->resume.finished_cases.count(plan.cases[0].id), 1u);
  ASSERT_EQ(found->resume.finished_blocks.size(), 1u);
  EXPECT_EQ(found->resume.finished_blocks[0].second, 2u);
  const auto& figures = found->resume.figures.at(found->resume.finished_blocks[0].first);
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_GT(figures[0].count, 0u);
  EXPECT_TRUE(figures[0].queries.empty()) << "a long campaign has too many to hold";
  store.append(plan, CaseEnd{1, {}});
  store.append(plan, CaseEnd{2, {}});
  EXPECT_EQ(store.unfinished(), nullptr);
}

TEST_F(StoreTest, ALaterCampaignReplacesACaseUnlessItMeasuredNothing) {
  Store store(file_, Store::Mode::write);
  for (const char* campaign : {"c1", "c2", "c3"}) {
    const Plan plan = plan_of(1, campaign);
    store.begin(plan);
    if (std::string(campaign) == "c3") continue;
    store.append(plan, block_of(0, 0, campaign[1] == '1' ? 10 : 20));
    store.append(plan, CaseEnd{0, {}});
  }
  const auto newest = store.load();
  ASSERT_EQ(newest.size(), 1u);
  EXPECT_EQ(newest[0].campaign, "c2");
  EXPECT_EQ(store.load(true).size(), 3u);
}

TEST_F(StoreTest, ShowsOneCaseAtATimeAtItsPlaceInTheWholeAndOnlyWhatIsWanted) {
  Store store(file_, Store::Mode::write);
  for (const char* campaign : {"c1", "c2"}) {
    const Plan plan = plan_of(2, campaign);
    store.begin(plan);
    for (std::size_t i = 0; i < 2; ++i) {
      store.append(plan, block_of(i, 0, 10));
      store.append(plan, CaseEnd{i, {}});
    }
  }
  const auto all = store.load();
  std::map<std::size_t, Measurement> seen;
  const std::string wanted = all[1].what.id;
  store.visit([&](const Case& what) { return what.id == wanted; },
              [&](std::size_t place, Measurement&& m) { seen[place] = std::move(m); });
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen.at(1).what.id, wanted);
  EXPECT_EQ(seen.at(1).campaign, "c2");
  ASSERT_EQ(store.plans().size(), 2u);
  EXPECT_EQ(store.plans()[0].cases.size(), 2u);
}

TEST_F(StoreTest, FilesThatAreNotOursGetOneClearSentence) {
  EXPECT_NE(error_of([&] { Store(file_, Store::Mode::read); }).find("is not there"),
            std::string::npos);
  std::ofstream(file_).flush();
  EXPECT_NE(error_of([&] { Store(file_, Store::Mode::read); }).find("is empty"), std::string::npos);
  std::ofstream(file_) << std::string(5'000, 'x');
  EXPECT_NE(error_of([&] { Store(file_, Store::Mode::read); }).find("not a Steelyard database"),
            std::string::npos);
  EXPECT_NE(error_of([&] { Store(file_, Store::Mode::write); }).find("not a Steelyard database"),
            std::string::npos);
  EXPECT_NE(error_of([&] { Store(folder_, Store::Mode::read); }).find("is a folder"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              Store(folder_ / "no" / "x.db", Store::Mode::write);
            }).find("cannot be opened"),
            std::string::npos);
  fs::remove(file_);
  sqlite3* other = nullptr;
  sqlite3_open(file_.c_str(), &other);
  sqlite3_exec(other, "CREATE TABLE t(x)", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  EXPECT_NE(error_of([&] { Store(file_, Store::Mode::write); }).find("another program"),
            std::string::npos);
}

TEST_F(StoreTest, DamageIsAnErrorNeverACrash) {
  const Plan plan = plan_of(2);
  {
    Store store(file_, Store::Mode::write);
    store.begin(plan);
    store.append(plan, begin_of(0));
    store.append(plan, block_of(0, 0, 5'000));
    store.append(plan, CaseEnd{0, {}});
  }
  std::ifstream in(file_, std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  int refused = 0;
  for (std::size_t at = 100; at < good.size(); at += 97) {
    std::string bad = good;
    for (std::size_t i = at; i < std::min(at + 20, bad.size()); ++i)
      bad[i] = static_cast<char>(bad[i] ^ 0x5a);
    std::ofstream(file_, std::ios::binary) << bad;
    try {
      Store(file_, Store::Mode::read).load();
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10);
}

}  // namespace
}  // namespace steelyard
