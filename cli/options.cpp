// SPDX-License-Identifier: Apache-2.0
// Every option once: its spelling, its help line and its default.
#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/help.h"
#include "cli/manual.h"
#include "cli/texts.h"
#include "steelyard/base/error.h"

namespace steelyard::cli {
namespace {

// CLI11 would take -5 for a very large number.
std::string whole_number(const std::string& text) {
  const bool whole =
      !text.empty() && text.size() <= 18 && text.find_first_not_of("0123456789") == text.npos;
  return whole ? "" : fmt::format("'{}' is not a whole number", text);
}

void add_language(CLI::App* app, Texts& texts) {
  app->add_option("--lang", texts.language, "language, ko or en (default: the locale's)")
      ->type_name("LANG");
}

void add_train(CLI::App* app, Train& train, Texts& texts) {
  app->add_option("--data", train.data, "prices or other numbers: CSV or CSV.gz")
      ->type_name("FILE")
      ->required();
  app->add_option("--name", train.name, "what the files are called: GRU_NAME.onnx")
      ->type_name("NAME")
      ->required();
  app->add_option("--output", train.output, "folder for the models, made when missing")
      ->type_name("DIR")
      ->required();
  app->add_option("--kind", texts.kinds, "any of gru,lstm,bilstm (default: all three)")
      ->type_name("KINDS");
  app->add_option("--hidden", train.hidden, "hidden units a layer (default 5)")
      ->check(whole_number)
      ->type_name("N");
  app->add_option("--layers", train.layers, "recurrent layers (default 1)")
      ->check(whole_number)
      ->type_name("N");
  app->add_option("--window", train.recipe.window, "rows a window (default 8)")
      ->check(whole_number)
      ->type_name("N");
  app->add_option("--seed", train.seed, "same seed, same file, on one CPU type (default 1)")
      ->check(whole_number)
      ->type_name("N");
  app->add_option("--normalise", texts.normalise, "window (default), minmax or zscore")
      ->type_name("HOW");
  app->add_option("--features", texts.features, "columns (default: the OHLCV columns)")
      ->type_name("A,B,C");
  app->add_option("--target", train.recipe.target, "column to predict (default: Close)")
      ->type_name("A");
  app->add_option("--ticker", train.ticker, "rows of this ticker, for long files")->type_name("T");
  app->add_flag("!--no-adjust", train.adjust, "leave Adj Close out of account");
  app->footer(
      "Example:\n  steelyard train --data AAPL.csv --name Apple --kind gru --output models");
}

void add_run(CLI::App* app, Run& run, Texts& texts) {
  app->add_option("--model", texts.models, "ONNX models, several or repeated")
      ->type_name("[NAME=]FILE...");
  app->add_option("--data", run.options.data, "the table of the windows; --ticker T: its rows of T")
      ->type_name("FILE");
  app->add_option("--ticker", run.options.ticker, "")->type_name("T");
  app->add_option("--device", run.options.specs, "backend[:device][@precision], or all")
      ->type_name("SPEC...");
  app->add_option("--set", texts.settings, "backend.key=v[,v]: a setting; several sweep")
      ->type_name("B.K=V...");
  app->add_option("--shape", texts.shapes, "N=1x3x8x8: open axes; --input N=FILE: .npy or raw")
      ->type_name("N=AxB...");
  app->add_option("--input", texts.inputs, "")->type_name("NAME=FILE...");
  app->add_option("--scenario", texts.scenario, "Offline Server FixedRate PeakRate or Streaming")
      ->type_name("S");
  app->add_option("--batch", texts.batch, "Offline: windows a query (64); --in-flight N queries")
      ->type_name("N");
  app->add_option("--in-flight", texts.in_flight, "")->type_name("N");
  app->add_option("--rate", texts.rate, "Server, FixedRate: 1000/s; --p99 5ms: of PeakRate")
      ->type_name("R");
  app->add_option("--p99", texts.p99, "")->type_name("T");
  app->add_option("--effort", texts.effort, "quick (default), standard, publishable: 2, 60, 600 s")
      ->type_name("E");
  app->add_option("--min-queries", texts.min_queries, "")->check(whole_number)->type_name("N");
  app->add_option("--min-duration", texts.min_duration,
                  "a case; --max-duration T at most, --min-queries N")
      ->type_name("T");
  app->add_option("--max-duration", texts.max_duration, "")->type_name("T");
  app->add_option("--seed", run.options.seed, "order of blocks, simulated noise (default 1)")
      ->check(whole_number)
      ->type_name("N");
  app->add_option("--memory-limit", texts.memory_limit,
                  "of a worker: 4G; --require stable: else exit code 4")
      ->type_name("SIZE");
  app->add_option("--require", texts.require, "")->type_name("TRUST");
  app->add_option("--meter", run.meter, "csv:FILE,time=COLUMN,watts=COLUMN: an outside meter")
      ->type_name("M")
      ->group("");  // docs/cli.md: the help of `run` is one screen
  app->add_flag("--mark-power", run.options.energy.marks, "load pulses for a meter's file")
      ->group("");
  app->add_option("--db", run.database, "where the measurements go")->type_name("FILE");
  app->add_flag("--resume", run.resume, "measure only what FILE does not have yet");
  app->add_flag("--dry-run", run.dry_run, "only list the cases; --json: print figures as JSON");
  app->add_flag("--json", run.json, "");
  app->footer(
      "Example:\n  steelyard run --model GRU_Apple.onnx --data AAPL.csv --device all --db "
      "a.db");
}

void add_output(CLI::App* app, std::vector<std::filesystem::path>& databases,
                std::filesystem::path& output) {
  app->add_option("DB", databases, "files that `run` has written")->type_name("DB...")->required();
  app->add_option("-o,--output", output, "write to FILE instead of stdout")->type_name("FILE");
}

void add_compare(CLI::App* app, Compare& compare) {
  app->add_option("A", compare.a, "the version to compare with; :NAME is a model of it")
      ->type_name("DB[:NAME]")
      ->required();
  app->add_option("B", compare.b, "the version to judge")->type_name("DB[:NAME]")->required();
  app->add_option("--gate", compare.gates, "METRIC=PERCENT,...: fail when worse by more")
      ->type_name("G");
  app->add_option("--undecided", compare.undecided, "fail (default, exit code 4) or pass")
      ->type_name("U");
  app->add_flag("--allow-unpaired", compare.allow_unpaired, "A and B from different campaigns");
  app->add_option("--format", compare.format, "terminal, markdown, html or json")->type_name("F");
  app->add_option("-o,--output", compare.output, "write to FILE instead of stdout")
      ->type_name("FILE");
  app->footer(
      "Metrics: latency.p50 latency.p99 latency.mean throughput energy rmse.\n"
      "Exit code 5: worse, wrong or lost.\n\nExample:\n  steelyard compare pr.db:base pr.db:head "
      "--gate "
      "latency.p50=3%,rmse=0.5%");
}

void add_import(CLI::App* app, Import& import) {
  app->add_option("FILE", import.files, "results of other tools")->type_name("FILE...")->required();
  app->add_option("--db", import.database, "database to add them to")
      ->type_name("FILE")
      ->required();
  app->add_option("--format", import.options.format, "the files' layout (default: by content)")
      ->type_name("F");
  app->add_option("--model", import.options.model, "what the model is called")->type_name("NAME");
  app->add_option("--device", import.options.device, "the device's name, as its maker writes it")
      ->type_name("NAME");
  app->add_option("--host", import.options.host, "the machine that it was measured on")
      ->type_name("HOST");
  app->add_option("--precision", import.precision, "fp32 (default), tf32, fp16, bf16 or int8")
      ->type_name("P");
  app->footer(
      "Layouts: trtexec-times trtexec-profile hailortcli-json hailortcli-csv\n"
      "  benchmark_app-json benchmark_app-csv benchmark_app-console\n"
      "  onnxruntime_perf_test loadgen-summary loadgen-detail nvidia-smi seed\n\n"
      "Example:\n  steelyard import times.json --model GRU_Apple --db apple.db \\\n"
      "    --device 'NVIDIA GeForce RTX 3070 Ti'");
}

void add_advise(CLI::App* app, Advise& advise, Texts& texts) {
  const auto text = [&](const char* name, std::string& to, const char* type, const char* help) {
    app->add_option(name, to, help)->type_name(type);
  };
  text("--p99", texts.p99, "T", "limit of the 99th percentile of the latency: 5ms");
  text("--p999", texts.p999, "T", "limit of the 99.9th percentile");
  text("--rate", texts.rate, "N/s", "inferences a second that must be served");
  text("--max-power", texts.max_power, "W", "limit of the system's power without pause");
  text("--max-rmse-loss", texts.max_loss, "P%", "limit of the RMSE over the best FP32");
  text("--budget", texts.budget, "N", "limit of the hardware's price, in --currency");
  text("--price-per-kwh", texts.tariff, "N", "price of energy, in --currency");
  text("--years", texts.years, "N", "over which hardware is paid off (default 3)");
  text("--currency", advise.question.currency, "C", "USD (default), KRW or one of --systems");
  text("--boundary", advise.question.boundary, "B", "system (default: with its host) or device");
  text("--by", advise.question.by, "BY", "rank by cost, energy or latency");
  app->add_flag("--measured-only", advise.question.measured_only, "do not trust simulated rows");
  text("--model", advise.question.model, "NAME", "one model of several");
  app->add_option("--systems", advise.systems, "TOML with prices and powers of your own")
      ->type_name("FILE");
  text("--format", advise.format, "F", "terminal, markdown, html or json");
  app->footer("Example:\n  steelyard advise apple.db --p99 5ms --rate 20/s --max-power 10W");
}

void add_attach(CLI::App* app, Attach& attach) {
  const auto text = [&](const char* name, std::string& to, const char* type, const char* help) {
    app->add_option(name, to, help)->type_name(type);
  };
  app->add_option("DB", attach.database, "a file that `run` has written")->required();
  text("--meter", attach.meter, "M", "csv:FILE,time=COLUMN,watts=COLUMN: an outside meter");
  text("--power", attach.power, "P", "idle=3.4W,active=4.6W: watts read by eye");
  text("--boundary", attach.boundary, "B", "chip, module, board, system or wall (default)");
  text("--host", attach.host, "H", "the host that was measured, where there are several");
  text("--device", attach.device, "SPEC", "one device of several, as it was measured");
  text("--note", attach.note, "TEXT", "who read what on which instrument");
  app->add_flag("--undo", attach.undo, "take the last addition away");
  app->footer("Example:\n  steelyard attach pi.db --meter csv:plug.csv,time=Time,watts=Power");
}

void add_convert(CLI::App* app, Convert& convert) {
  app->add_option("MODEL", convert.model, "the ONNX file")->required()->type_name(" ");
  app->add_option("--to", convert.to, "the device, or `unrolled` for plain ONNX")
      ->required()
      ->type_name("SPEC");
  app->add_option("--data", convert.data, "CSV or CSV.gz to calibrate with")->type_name("FILE");
  app->add_option("--ticker", convert.ticker, "rows of a long table")->type_name("T");
  app->add_option("--window", convert.window, "steps, for models that leave them open (8)")
      ->type_name("N")
      ->check(CLI::Range(1, 4096));
  app->footer("Example:\n  steelyard convert GRU_Apple.onnx --to hailort:0 --data AAPL.csv");
}

void add_build_backend(CLI::App* app, BuildBackend& build) {
  app->add_option("NAME", build.name, "hailort")->required()->type_name(" ");
  app->add_option("--include", build.include, "folder of hailo/hailort.hpp")->type_name("FOLDER");
  app->add_option("--library", build.library, "libhailort.so, where the loader does not find it")
      ->type_name("FILE");
  app->add_option("--output", build.output, "folder for the adapter")->type_name("FOLDER");
  app->footer("Example:\n  steelyard build-backend hailort");
}

// CLI11 says "--seed: 1 required N missing", "Could not convert: --seed = x", "--data is required".
std::string sentence_of(const CLI::ParseError& error) {
  const std::string text = error.what();
  const std::string name = text.substr(0, text.find(':'));
  if (error.get_name() == "ArgumentMismatch")
    return text.ends_with("missing") ? fmt::format("{} needs a value", name)
                                     : fmt::format("{} is given more than once", name);
  if (error.get_name() == "ConversionError")
    return fmt::format("this is not a value that can be used: {}",
                       text.substr(std::min(text.size(), name.size() + 2)));
  return text;
}

// A UsageError with the nearest word that there is.
[[noreturn]] void refuse(const CLI::App& app, const CLI::ParseError& error,
                         const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  for (const CLI::App* parsed : app.get_subcommands()) command = parsed;
  std::vector<std::string> known;
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; }))
    if (command == &app) known.push_back(each->get_name());
  for (const CLI::Option* option : command->get_options()) {
    for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    for (const auto& name : option->get_snames()) known.push_back("-" + name);
  }
  const std::string help =
      command == &app ? "`steelyard --help` lists the commands"
                      : fmt::format("`steelyard {} --help` lists the options", command->get_name());
  // A missing command is complained about before the word that stands in its place.
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
      (command == &app && !words.empty()))
    for (const auto& left : app.remaining(true)) {
      const std::string word = left.substr(0, left.find('='));
      const std::string near = nearest(word, known);
      const char* sentence = word.starts_with('-') ? "there is no option {}"
                             : command == &app     ? "there is no command '{}'"
                                                   : "the word '{}' was not expected";
      throw UsageError(fmt::format(fmt::runtime(sentence), word),
                       near.empty() ? help : fmt::format("did you mean {}?", near));
    }
  if (words.empty()) throw UsageError("no command was given", help);
  throw UsageError(sentence_of(error), help);
}

}  // namespace

Command parse_command_line(const std::vector<std::string>& words) {
  CLI::App app("Steelyard weighs one model on unequal devices.");
  app.formatter(std::make_shared<OneScreen>());
  app.set_help_flag("-h,--help", "this text; `steelyard COMMAND --help` for a command");
  app.set_version_flag("--version", "steelyard " STEELYARD_VERSION, "name and version");
  app.require_subcommand(1);
  app.footer("Example:\n  steelyard devices");
  Texts texts;
  Devices devices;
  Doctor doctor;
  Train train;
  Run run;
  Report report;
  Export exported;
  Compare compared;
  Attach attach;
  Advise advise;
  Import imported;
  Convert convert;
  Describe describe;
  BuildBackend build_backend;
  Verify verify;
  CLI::App* c_devices =
      app.add_subcommand("devices", "List the devices that can be measured here.");
  c_devices->add_flag("--json", devices.json, "as JSON");
  add_language(c_devices, texts);
  c_devices->footer("Example:\n  steelyard devices --json");
  CLI::App* c_doctor =
      app.add_subcommand("doctor", "Say what is missing or in the way, and what mends it.");
  c_doctor->add_flag("--json", doctor.json, "as JSON");
  add_language(c_doctor, texts);
  c_doctor->footer("Example:\n  steelyard doctor --lang ko");
  CLI::App* c_train =
      app.add_subcommand("train", "Train recurrent models on a table and write them as ONNX.");
  add_train(c_train, train, texts);
  CLI::App* c_run = app.add_subcommand("run", "Weigh models on devices.");
  add_run(c_run, run, texts);
  add_language(c_run, texts);
  CLI::App* c_report =
      app.add_subcommand("report", "Write what databases hold for people to read.");
  add_output(c_report, report.databases, report.output);
  c_report->add_option("--format", texts.format, "terminal, markdown, html or latex")
      ->type_name("F");
  c_report->add_flag("--with-expected", report.with_expected,
                     "expected (simulated) rows for devices not measured");
  add_language(c_report, texts);
  c_report->footer(
      "Without --format the name of FILE decides: .html, .md, .tex, else terminal.\n\n"
      "Example:\n  steelyard report apple.db --lang ko -o report.html");
  CLI::App* c_export =
      app.add_subcommand("export", "Write what databases hold for other programs.");
  add_output(c_export, exported.databases, exported.output);
  c_export
      ->add_option("--format", exported.format,
                   "json (default), csv, google-benchmark, bmf or trace")
      ->type_name("F");
  c_export->add_flag("--bom", exported.bom, "CSV: a mark at its beginning, for Excel");
  c_export->footer("Example:\n  steelyard export apple.db --format csv -o apple.csv");
  CLI::App* c_compare =
      app.add_subcommand("compare", "Say whether one version is worse than another.");
  add_compare(c_compare, compared);
  add_language(c_compare, texts);
  CLI::App* c_import = app.add_subcommand("import", "Take over results of other tools.");
  add_import(c_import, imported);
  CLI::App* c_advise = app.add_subcommand("advise", "Say which system does a job, and why.");
  add_output(c_advise, advise.databases, advise.output);
  add_advise(c_advise, advise, texts);
  add_language(c_advise, texts);
  CLI::App* c_attach = app.add_subcommand("attach", "Add watts from outside to a database.");
  add_attach(c_attach, attach);
  CLI::App* c_convert = app.add_subcommand("convert", "Make what a device runs out of a model.");
  add_convert(c_convert, convert);
  CLI::App* c_describe =
      app.add_subcommand("describe", "Say what is in a model file or an artefact.");
  c_describe->add_option("FILE", describe.files, "ONNX files or what was made from them")
      ->required()
      ->type_name(" ");
  c_describe->footer("Example:\n  steelyard describe GRU_Apple.onnx");
  CLI::App* c_build =
      app.add_subcommand("build-backend", "Compile the adapter for this machine's HailoRT.");
  add_build_backend(c_build, build_backend);
  CLI::App* c_verify =
      app.add_subcommand("verify", "Measure devices of known truth and check every figure.");
  c_verify
      ->add_option("--falsify", verify.falsify_percent,
                   "devices so much slower than said: it must fail")
      ->check(CLI::Range(0.0, 1000.0).description(""))
      ->type_name("PERCENT");
  c_verify->footer("Example:\n  steelyard verify");
  CLI::App* c_worker = app.add_subcommand("worker", "Measure for a campaign; started by `run`.");
  c_worker->footer(
      "A campaign starts it by itself and speaks to it on stdin and stdout.\n\n"
      "Example:\n  steelyard worker < /dev/null");
  std::string page;
  CLI::App* c_manual =
      app.add_subcommand("manual", "Print the manual page, or completions for a shell.");
  c_manual->add_option("WHAT", page, "man, bash or zsh")->type_name("WHAT")->required();
  c_manual->footer(
      "Example:\n  steelyard manual bash > ~/.local/share/bash-completion/completions/steelyard");
  for (CLI::App* command : app.get_subcommands({}))
    command->set_help_flag("-h,--help", "this text");

  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return Said{app.help()};
  } catch (const CLI::CallForVersion& e) {
    return Said{fmt::format("{}\n", e.what())};
  } catch (const CLI::ParseError& e) {
    refuse(app, e, words);
  }
  if (*c_devices) return devices.language = parse_language(texts.language), devices;
  if (*c_doctor) return doctor.language = parse_language(texts.language), doctor;
  if (*c_train) return complete(train, texts), train;
  if (*c_run) {
    run.options.energy.meter = !run.meter.empty();
    return complete(run, texts, words), run;
  }
  if (*c_export) return exported;
  if (*c_attach) {
    attach.boundary_is_default = c_attach->count("--boundary") == 0;
    return attach;
  }
  if (*c_compare) return compared.language = parse_language(texts.language), compared;
  if (*c_import) return complete(imported), imported;
  if (*c_advise) return complete(advise, texts), advise;
  if (*c_manual)
    return Said{page == "man" ? man_page(app, STEELYARD_VERSION) : completion(app, page)};
  if (*c_convert) return convert;
  if (*c_describe) return describe;
  if (*c_build) return build_backend;
  if (*c_verify) return verify;
  if (*c_worker) return Worker{};
  report.command = as_typed(words);
  return complete(report, texts), report;
}

}  // namespace steelyard::cli
