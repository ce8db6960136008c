// SPDX-License-Identifier: Apache-2.0
// SQLite with C++ lifetimes and our errors; used inside the store only. One thread.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::sqlite {

using Bytes = std::vector<std::byte>;

class Connection {
 public:
  Connection(std::filesystem::path file, int flags);
  void execute(const char* sql);
  std::int64_t number(const char* sql);  // first column of the first row
  sqlite3* get() const { return handle_.get(); }
  // Throws Error in words for `code`: corrupt, read-only, full, busy, not a database.
  [[noreturn]] void fail(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> handle_;
};

// One prepared statement: bind in order, then step() through the rows, or run() when it gives none.
class Statement {
 public:
  Statement(Connection&, const char* sql);
  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);
  Statement& bind(const Bytes& blob);
  bool step();
  void run();
  std::string text(int column) const;
  std::int64_t number(int column) const;
  bool is_null(int column) const;
  Bytes blob(int column) const;

 private:
  struct Finish {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  void check(int code) const;
  Connection& connection_;
  std::unique_ptr<sqlite3_stmt, Finish> statement_;
  int bound_ = 0;
};

// Everything between construction and commit() happens or does not happen.
class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) {
    connection_.execute("BEGIN IMMEDIATE");
  }
  ~Transaction();
  void commit();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

 private:
  Connection& connection_;
  bool done_ = false;
};

}  // namespace steelyard::sqlite
