// SPDX-License-Identifier: Apache-2.0
// SQLite's status codes in sentences.
#include "steelyard/store/sqlite.h"

#include <utility>

#include "steelyard/base/error.h"
#include "steelyard/store/store.h"

namespace steelyard::sqlite {

Connection::Connection(std::filesystem::path file, int flags) : file_(std::move(file)) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file_.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail(code);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, 10'000);
}

void Connection::fail(int code) const {
  const std::string name = file_.string();
  switch (code & 0xff) {
    case SQLITE_NOTADB:
      throw Error(name + " is not a Steelyard database",
                  "give the file that `steelyard run --db` wrote");
    case SQLITE_CORRUPT:
      throw Error(
          name + " is damaged: " + sqlite3_errmsg(handle_.get()),
          "copy it again from where it was measured, or rescue it with `sqlite3 FILE .recover`");
    case SQLITE_READONLY:
      throw Error(name + " cannot be written",
                  "check its permissions and those of its folder, or choose another --db");
    case SQLITE_CANTOPEN:
      throw Error(name + " cannot be opened",
                  "check that the folder exists and that you may read and write there");
    case SQLITE_FULL:
      throw DiskFull(
          "the disk is full: " + name + " could not take the last block",
          "free some space and go on with --resume; everything before that block is kept");
    case SQLITE_IOERR:
      throw Error("the disk failed while " + name + " was in use: " + sqlite3_errmsg(handle_.get()),
                  "check the disk (space, cable, mount) and go on with --resume");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(name + " is being written by another program",
                  "wait until that campaign has ended");
    default:
      throw Error(name + ": " + sqlite3_errmsg(handle_.get()),
                  "check the file, or choose another --db");
  }
}

void Connection::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Connection::number(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.number(0) : 0;
}

Statement::Statement(Connection& connection, const char* sql) : connection_(connection) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v2(connection.get(), sql, -1, &statement, nullptr));
  statement_.reset(statement);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) connection_.fail(code);
}

Statement& Statement::bind(std::string_view text) {
  check(sqlite3_bind_text64(statement_.get(), ++bound_, text.data(), text.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
  return *this;
}
Statement& Statement::bind(std::int64_t number) {
  check(sqlite3_bind_int64(statement_.get(), ++bound_, number));
  return *this;
}
Statement& Statement::bind(const Bytes& blob) {
  // A null pointer would store NULL instead of an empty blob.
  check(sqlite3_bind_blob64(statement_.get(), ++bound_,
                            blob.empty() ? "" : static_cast<const void*>(blob.data()), blob.size(),
                            SQLITE_TRANSIENT));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) connection_.fail(code);
  return false;
}
void Statement::run() {
  while (step()) {
  }
}

std::string Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return data == nullptr ? std::string()
                         : std::string(data, sqlite3_column_bytes(statement_.get(), column));
}
std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}
Bytes Statement::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
  return data == nullptr ? Bytes()
                         : Bytes(data, data + sqlite3_column_bytes(statement_.get(), column));
}

Transaction::~Transaction() {
  // A failed rollback means that SQLite has rolled back already; the first error is on its way to
  // the user.
  if (!done_) sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}
void Transaction::commit() {
  connection_.execute("COMMIT");
  done_ = true;
}

}  // namespace steelyard::sqlite
