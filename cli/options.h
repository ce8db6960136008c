// SPDX-License-Identifier: Apache-2.0
// The words of the command line as plain data. Only options.cpp knows how they are spelt, and with
// it --help. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "steelyard/data/data.h"
#include "steelyard/exchange/exchange.h"
#include "steelyard/report/report.h"
#include "steelyard/run/run.h"

namespace steelyard::cli {

struct Devices {
  bool json = false;
  Language language = Language::en;
};

struct Doctor {
  bool json = false;
  Language language = Language::en;
};

struct Train {
  std::filesystem::path data;
  std::string name;
  std::vector<std::string> kinds;
  int hidden = 5;
  int layers = 1;
  std::uint64_t seed = 1;
  std::string ticker;
  bool adjust = true;
  RecipeOptions recipe;
  std::filesystem::path output;
};

struct Run {
  RunOptions options;
  std::string meter;  // as typed; empty: none
  std::string boundary = "wall";
  std::filesystem::path database;
  bool resume = false;
  bool dry_run = false;
  bool json = false;
  bool require_stable = false;
  Language language = Language::en;
};

struct Report {
  std::vector<std::filesystem::path> databases;
  bool with_expected = false;
  std::string command;  // as typed
  Language language = Language::en;
  std::optional<Format> format;
  std::filesystem::path output;
};

struct Export {
  std::vector<std::filesystem::path> databases;
  std::string format = "json";
  bool bom = false;  // for spreadsheets that take UTF-8 without it for something else
  std::filesystem::path output;
};

struct Compare {
  std::string a, b;  // DB or DB:NAME
  std::string gates;
  std::string undecided = "fail";
  bool allow_unpaired = false;
  std::string format;
  Language language = Language::en;
  std::filesystem::path output;
};

struct Import {
  std::vector<std::filesystem::path> files;
  ImportOptions options;
  std::string precision = "fp32";
  std::filesystem::path database;
};

struct Advise {
  std::vector<std::filesystem::path> databases;
  Question question;
  std::filesystem::path systems;  // a table over the shipped one
  std::string format;
  Language language = Language::en;
  std::filesystem::path output;
};

struct Attach {
  std::filesystem::path database;
  std::string host, device, meter, power, note;
  std::string boundary = "wall";
  bool boundary_is_default = true;
  bool undo = false;
};

struct Convert {
  std::filesystem::path model;
  std::string to;  // a SPEC, or "unrolled"
  std::filesystem::path data;
  std::string ticker;
  int window = 8;
};

struct Describe {
  std::vector<std::filesystem::path> files;
};

struct BuildBackend {
  std::string name;
  std::filesystem::path include, library, output;
};

struct Verify {
  double falsify_percent = 0;  // so much slower than what is held against them are the devices
};

struct Worker {};

// --help or --version: the text is the result.
struct Said {
  std::string text;
};

using Command = std::variant<Devices, Doctor, Train, Run, Report, Export, Compare, Import, Attach,
                             Advise, Convert, Describe, BuildBackend, Verify, Worker, Said>;

// Throws UsageError, with a suggestion where a word is nearly one of ours.
Command parse_command_line(const std::vector<std::string>& words);

// "2", "2s", "0.2s", "200ms", "50us". `option` is for the message. Throws UsageError.
nanoseconds parse_duration(std::string_view text, std::string_view option);

// "10", "10W" where `unit` is "W", "10 W". At least 0. Throws UsageError.
double parse_number(std::string_view text, std::string_view unit, std::string_view option);
// "4G", "512M", "65536": bytes, by powers of 1024. Throws UsageError.
std::uint64_t parse_size(std::string_view text, std::string_view option);

// The name among `known` that is nearest to `word`; empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

// The words quoted where a shell would need it, for the manifest and for hints.
std::string as_typed(const std::vector<std::string>& words);

}  // namespace steelyard::cli
