// SPDX-License-Identifier: Apache-2.0
// The tables, and how events become rows. Scalars worth a query by hand are columns of their own;
// records are compressed MessagePack.
#include "steelyard/store/store.h"

#include <algorithm>
#include <map>
#include <utility>

#include "steelyard/base/error.h"
#include "steelyard/record/encode.h"
#include "steelyard/record/message.h"
#include "steelyard/store/compress.h"
#include "steelyard/store/sqlite.h"

namespace steelyard {
namespace {

constexpr std::int64_t kApplication =
    0x53545944;  // "STYD", so that `file` and we can tell our files from others
constexpr std::int64_t kVersion = 1;

constexpr const char* kTables = R"(
CREATE TABLE campaign(id TEXT PRIMARY KEY, started_at TEXT, host TEXT, cases INTEGER, plan BLOB) WITHOUT ROWID;
CREATE TABLE truth(id TEXT PRIMARY KEY, data BLOB) WITHOUT ROWID;
CREATE TABLE item(campaign TEXT, position INTEGER, case_id TEXT, model TEXT, spec TEXT, outcome_kind TEXT, memory_bytes INTEGER,
                  begin BLOB, outcome BLOB, PRIMARY KEY(campaign, position));
CREATE TABLE block(campaign TEXT, position INTEGER, number INTEGER, worker INTEGER, phase TEXT, begin_ns INTEGER, end_ns INTEGER,
                   queries INTEGER, data BLOB, PRIMARY KEY(campaign, position, number));
CREATE TABLE output(campaign TEXT, position INTEGER, worker INTEGER, data BLOB, PRIMARY KEY(campaign, position, worker));
)";

// Made when it is first needed: files of every version can be added to.
constexpr const char* kAttachments =
    "CREATE TABLE IF NOT EXISTS attachment(id INTEGER PRIMARY KEY, data BLOB, original BLOB)";

template <class T>
Bytes blob_of(const T& record) {
  return compress(encode(record));
}
template <class T>
T record_of(const Bytes& blob) {
  return decode<T>(decompress(blob));
}

std::vector<Attachment> attachments(sqlite::Connection& database) {
  std::vector<Attachment> all;
  if (database.number("SELECT count(*) FROM sqlite_master WHERE name='attachment'") == 0)
    return all;
  sqlite::Statement rows(database, "SELECT data FROM attachment ORDER BY id");
  while (rows.step()) all.push_back(record_of<Attachment>(rows.blob(0)));
  return all;
}

// A meter's readings go to the blocks of the pass, each with a little before and behind it.
void overlay(Measurement& into, const Attachment& attachment) {
  const auto& what = into.what;
  const auto host = what.spec.host.empty() ? into.manifest.host : what.spec.host;
  if (what.device.provenance == Provenance::simulated) return;
  if (!attachment.host.empty() && attachment.host != host) return;
  if (!attachment.spec.empty() && attachment.spec != to_string(what.spec)) return;
  if (attachment.entered) {
    into.entered = attachment.entered;
    return;
  }
  if (attachment.campaign != into.campaign) return;
  into.meter = attachment.alignment;
  std::erase_if(into.channels, [](const Channel& channel) { return channel.name == "meter"; });
  const auto index = static_cast<std::uint16_t>(into.channels.size());
  into.channels.push_back(attachment.channel);
  for (Block& block : into.blocks) {
    if (block.phase == Phase::measure || block.phase == Phase::mark) continue;
    std::erase_if(block.readings, [&](const Reading& r) { return r.channel == index; });
    for (const Reading& reading : attachment.readings)
      if (reading.time >= block.begin - 2 * attachment.channel.period && reading.time <= block.end)
        block.readings.push_back({index, reading.time, reading.value});
  }
}

}  // namespace

struct Store::Database : sqlite::Connection {
  using Connection::Connection;
};

Store::Store(const std::filesystem::path& file, Mode mode) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    throw Error(file.string() + " is a folder, not a database",
                "give a file, for example " + (file / "steelyard.db").string());
  const bool exists = std::filesystem::exists(file, ignored);
  if (mode == Mode::read && !exists)
    throw Error(file.string() + " is not there",
                "measure first: `steelyard run ... --db " + file.string() + "`");
  if (mode == Mode::read && std::filesystem::file_size(file, ignored) == 0)
    throw Error(file.string() + " is empty",
                "measure first: `steelyard run ... --db " + file.string() + "`");
  database_ = std::make_unique<Database>(
      file, mode == Mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  const bool fresh = database_->number("SELECT count(*) FROM sqlite_master") == 0;
  if (mode == Mode::write && fresh) {
    // Without a write-ahead log the one file is always complete; an append is one short transaction
    // between blocks.
    database_->execute("PRAGMA journal_mode=DELETE");
    sqlite::Transaction transaction(*database_);
    database_->execute(kTables);
    database_->execute(("PRAGMA application_id=" + std::to_string(kApplication)).c_str());
    database_->execute(("PRAGMA user_version=" + std::to_string(kVersion)).c_str());
    transaction.commit();
    return;
  }
  if (database_->number("PRAGMA application_id") != kApplication)
    throw Error(file.string() + " is a SQLite database of another program",
                "give the file that `steelyard run --db` wrote");
  if (const auto version = database_->number("PRAGMA user_version"); version > kVersion)
    throw Error(file.string() + " was written by a newer Steelyard (format " +
                    std::to_string(version) + ")",
                "use that version or a later one");
}

Store::~Store() = default;

void Store::begin(const Plan& plan) {
  sqlite::Transaction transaction(*database_);
  Plan slim = plan;  // truths have a table of their own
  slim.truths.clear();
  sqlite::Statement(*database_, "INSERT INTO campaign VALUES(?,?,?,?,?)")
      .bind(plan.campaign)
      .bind(plan.manifest.started_at)
      .bind(plan.manifest.host)
      .bind(static_cast<std::int64_t>(plan.cases.size()))
      .bind(blob_of(slim))
      .run();
  for (const Truth& truth : plan.truths)
    sqlite::Statement(*database_, "INSERT OR IGNORE INTO truth VALUES(?,?)")
        .bind(truth.id)
        .bind(blob_of(truth))
        .run();
  for (std::size_t i = 0; i < plan.cases.size(); ++i)
    sqlite::Statement(*database_,
                      "INSERT INTO item(campaign,position,case_id,model,spec) VALUES(?,?,?,?,?)")
        .bind(plan.campaign)
        .bind(static_cast<std::int64_t>(i))
        .bind(plan.cases[i].id)
        .bind(plan.cases[i].model)
        .bind(to_string(plan.cases[i].spec))
        .run();
  transaction.commit();
}

void Store::append(const Plan& plan, const Event& event) {
  sqlite::Transaction transaction(*database_);
  if (const auto* begin = std::get_if<CaseBegin>(&event)) {
    // The first worker's start-up is the case's; later workers of the same case start with warm
    // file caches.
    sqlite::Statement(*database_,
                      "UPDATE item SET begin=coalesce(begin,?) WHERE campaign=? AND position=?")
        .bind(blob_of(*begin))
        .bind(plan.campaign)
        .bind(static_cast<std::int64_t>(begin->index))
        .run();
  } else if (const auto* end = std::get_if<BlockEnd>(&event)) {
    const auto position = static_cast<std::int64_t>(end->index);
    sqlite::Statement(*database_,
                      "INSERT INTO block SELECT ?1,?2,(SELECT count(*) FROM block WHERE "
                      "campaign=?1 AND position=?2),"
                      "?3,?4,?5,?6,?7,?8")
        .bind(plan.campaign)
        .bind(position)
        .bind(end->block.worker)
        .bind(to_string(end->block.phase))
        .bind(end->block.begin.count())
        .bind(end->block.end.count())
        .bind(static_cast<std::int64_t>(end->block.count))
        .bind(blob_of(end->block))
        .run();
    FetchAnswer kept;
    kept.outputs = end->outputs;
    kept.seen = end->seen;
    sqlite::Statement(*database_, "INSERT OR REPLACE INTO output VALUES(?,?,?,?)")
        .bind(plan.campaign)
        .bind(position)
        .bind(end->block.worker)
        .bind(blob_of(Answer(std::move(kept))))
        .run();
    sqlite::Statement(*database_,
                      "UPDATE item SET memory_bytes=max(coalesce(memory_bytes,0),?) WHERE "
                      "campaign=? AND position=?")
        .bind(static_cast<std::int64_t>(end->memory_bytes))
        .bind(plan.campaign)
        .bind(position)
        .run();
  } else {
    const auto& done = std::get<CaseEnd>(event);
    sqlite::Statement(*database_,
                      "UPDATE item SET outcome_kind=?, outcome=? WHERE campaign=? AND position=?")
        .bind(to_string(done.outcome.kind))
        .bind(blob_of(done.outcome))
        .bind(plan.campaign)
        .bind(static_cast<std::int64_t>(done.index))
        .run();
  }
  transaction.commit();
}

void Store::attach(const Attachment& attachment, std::string_view original) {
  sqlite::Transaction transaction(*database_);
  database_->execute(kAttachments);
  const auto* bytes = reinterpret_cast<const std::byte*>(original.data());
  sqlite::Statement(*database_, "INSERT INTO attachment(data, original) VALUES(?,?)")
      .bind(blob_of(attachment))
      .bind(compress(Bytes(bytes, bytes + original.size())))
      .run();
  transaction.commit();
}

std::optional<Attachment> Store::detach() {
  const auto all = attachments(*database_);
  if (all.empty()) return std::nullopt;
  sqlite::Transaction transaction(*database_);
  sqlite::Statement(*database_, "DELETE FROM attachment WHERE id=(SELECT max(id) FROM attachment)")
      .run();
  transaction.commit();
  return all.back();
}

std::vector<Plan> Store::plans() const {
  sqlite::Statement campaigns(*database_, "SELECT plan FROM campaign ORDER BY started_at");
  std::vector<Plan> all;
  while (campaigns.step()) all.push_back(record_of<Plan>(campaigns.blob(0)));
  return all;
}

std::unique_ptr<Store::Unfinished> Store::unfinished() const {
  sqlite::Statement campaigns(
      *database_,
      "SELECT id, plan FROM campaign WHERE EXISTS(SELECT 1 FROM item WHERE campaign=id AND "
      "outcome IS NULL) ORDER BY started_at DESC, (SELECT min(rowid) FROM item WHERE "
      "item.campaign=campaign.id) DESC LIMIT 1");
  if (!campaigns.step()) return nullptr;
  auto found = std::make_unique<Unfinished>();
  found->plan = record_of<Plan>(campaigns.blob(1));
  sqlite::Statement truths(*database_, "SELECT data FROM truth");
  while (truths.step()) {
    auto truth = record_of<Truth>(truths.blob(0));
    const bool used = std::any_of(found->plan.cases.begin(), found->plan.cases.end(),
                                  [&](const Case& what) { return what.truth == truth.id; });
    if (used) found->plan.truths.push_back(std::move(truth));
  }
  sqlite::Statement items(
      *database_,
      "SELECT case_id, outcome IS NOT NULL, (SELECT count(*) FROM block WHERE "
      "campaign=item.campaign "
      "AND position=item.position AND phase='measure'), position FROM item WHERE "
      "campaign=? ORDER BY position");
  items.bind(found->plan.campaign);
  while (items.step()) {
    if (items.number(1) != 0) found->resume.finished_cases.insert(items.text(0));
    if (items.number(2) == 0) continue;
    found->resume.finished_blocks.emplace_back(items.text(0),
                                               static_cast<std::uint32_t>(items.number(2)));
    auto& figures = found->resume.figures[items.text(0)];
    sqlite::Statement blocks(*database_,
                             "SELECT data FROM block WHERE campaign=? AND position=? AND "
                             "phase='measure' ORDER BY number");
    blocks.bind(found->plan.campaign).bind(items.number(3));
    while (blocks.step()) {
      figures.push_back(record_of<Block>(blocks.blob(0)));
      figures.back().queries = {};
      figures.back().readings = {};
    }
  }
  return found;
}

namespace {

// Outputs of several workers laid over each other: each window counts once.
void overlay(Measurement& into, const FetchAnswer& worker) {
  if (into.seen.size() < worker.seen.size()) {
    into.seen.resize(worker.seen.size());
    into.outputs.resize(worker.seen.size() * into.output_width);
  }
  if (worker.outputs.size() < worker.seen.size() * into.output_width) return;
  for (std::size_t i = 0; i < worker.seen.size(); ++i) {
    if (worker.seen[i] == 0) continue;
    into.seen[i] = 1;
    std::copy_n(worker.outputs.begin() + static_cast<std::ptrdiff_t>(i * into.output_width),
                into.output_width,
                into.outputs.begin() + static_cast<std::ptrdiff_t>(i * into.output_width));
  }
}

Measurement load_item(sqlite::Connection& database, const Plan& plan, sqlite::Statement& item) {
  Measurement measurement;
  const std::int64_t position = item.number(0);
  measurement.campaign = plan.campaign;
  measurement.what = plan.cases.at(static_cast<std::size_t>(position));
  measurement.effort = plan.effort;
  measurement.manifest = plan.manifest;
  measurement.memory_bytes = static_cast<std::uint64_t>(item.number(1));
  if (!item.is_null(2)) {
    auto begin = record_of<CaseBegin>(item.blob(2));
    measurement.channels = std::move(begin.channels);
    measurement.startup = begin.startup;
    measurement.what.device = std::move(begin.device);
    measurement.obtained = begin.obtained;
    measurement.remarks = std::move(begin.remarks);
    measurement.parts = std::move(begin.parts);
    measurement.output_width = begin.output_width;
    measurement.reported = std::move(begin.reported);
  }
  if (!item.is_null(3)) {
    measurement.outcome = record_of<Outcome>(item.blob(3));
  } else {
    measurement.outcome = {
        Outcome::Failed, {ReasonCode::interrupted, {}, {}}, "go on with --resume"};
  }
  sqlite::Statement blocks(
      database, "SELECT data FROM block WHERE campaign=? AND position=? ORDER BY number");
  blocks.bind(plan.campaign).bind(position);
  while (blocks.step()) measurement.blocks.push_back(record_of<Block>(blocks.blob(0)));
  sqlite::Statement outputs(
      database, "SELECT data FROM output WHERE campaign=? AND position=? ORDER BY worker");
  outputs.bind(plan.campaign).bind(position);
  while (outputs.step())
    overlay(measurement, std::get<FetchAnswer>(record_of<Answer>(outputs.blob(0))));
  return measurement;
}

}  // namespace

void Store::visit(const std::function<bool(const Case&)>& wanted,
                  const std::function<void(std::size_t, Measurement&&)>& see,
                  bool all_campaigns) const {
  std::map<std::string, std::shared_ptr<const Truth>> truths;
  sqlite::Statement truth_rows(*database_, "SELECT id, data FROM truth");
  while (truth_rows.step())
    truths[truth_rows.text(0)] = std::make_shared<Truth>(record_of<Truth>(truth_rows.blob(1)));

  const auto attached = attachments(*database_);
  std::size_t count = 0;
  std::map<std::string, std::size_t> newest;  // case id -> place
  // Of two campaigns of one second, the one begun first comes first.
  sqlite::Statement campaigns(*database_,
                              "SELECT plan FROM campaign ORDER BY started_at, (SELECT min(rowid) "
                              "FROM item WHERE item.campaign=campaign.id)");
  while (campaigns.step()) {
    const auto plan = record_of<Plan>(campaigns.blob(0));
    sqlite::Statement items(*database_,
                            "SELECT position, coalesce(memory_bytes,0), begin, outcome FROM item "
                            "WHERE campaign=? ORDER BY "
                            "position");
    items.bind(plan.campaign);
    while (items.step()) {
      if (static_cast<std::size_t>(items.number(0)) >= plan.cases.size())
        throw Error("the database holds a case that its plan does not know",
                    "copy it again from where it was measured");
      const Case& what = plan.cases[static_cast<std::size_t>(items.number(0))];
      const auto [earlier, first] = newest.try_emplace(what.id, count);
      const bool fresh = first || all_campaigns;
      if (fresh) earlier->second = count++;
      if (!wanted(what)) continue;
      Measurement measurement = load_item(*database_, plan, items);
      if (!fresh && measurement.blocks.empty() && measurement.outcome.kind != Outcome::Completed)
        continue;  // nothing new
      if (const auto truth = truths.find(measurement.what.truth); truth != truths.end())
        measurement.truth = truth->second;
      for (const Attachment& attachment : attached) overlay(measurement, attachment);
      see(earlier->second, std::move(measurement));
    }
  }
}

std::vector<Measurement> Store::load(bool all_campaigns) const {
  std::vector<Measurement> all;
  visit([](const Case&) { return true; },
        [&](std::size_t place, Measurement&& measurement) {
          if (place == all.size())
            all.push_back(std::move(measurement));
          else
            all[place] = std::move(measurement);
        },
        all_campaigns);
  return all;
}

}  // namespace steelyard
