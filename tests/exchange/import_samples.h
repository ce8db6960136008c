// SPDX-License-Identifier: Apache-2.0
// A file of every layout that is imported, made after its documentation; those of benchmark_app are
// real (tests/data/imports).
#pragma once

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace steelyard {

struct ImportSample {
  std::string format, name, text;
};

inline std::string imported_file(const std::string& name) {
  std::ifstream in(STEELYARD_SOURCE "/tests/data/imports/" + name, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// `transfers`: with the copies that TensorRT 11 leaves out by default.
inline std::string trtexec_times(int queries, bool transfers) {
  std::string out = "[\n";
  for (int i = 0; i < queries; ++i) {
    const double start = 100 + 0.1 * i, copy = transfers ? 0.01 : 0;
    out += fmt::format(
        "{}{{ \"startEnqMs\" : {}, \"endEnqMs\" : {}, \"startH2dMs\" : {}, \"endH2dMs\" : {}, "
        "\"startComputeMs\" : {}, \"endComputeMs\" : {}, \"startD2hMs\" : {}, \"endD2hMs\" : {}, "
        "\"h2dMs\" : {}, \"computeMs\" : 0.05, \"d2hMs\" : {}, \"latencyMs\" : {} }}\n",
        i == 0 ? "" : ", ", start, start + 0.02, start, start + copy, start + copy,
        start + copy + 0.05, start + copy + 0.05, start + 2 * copy + 0.05, copy, copy,
        0.05 + 2 * copy);
  }
  return out + "]\n";
}

inline std::string trtexec_times_8(int queries) {
  std::string out = "[\n";
  for (int i = 0; i < queries; ++i)
    out += fmt::format(
        "{}{{ \"startInMs\" : {}, \"endInMs\" : {}, \"startComputeMs\" : {}, \"endComputeMs\" : "
        "{}, \"startOutMs\" : {}, \"endOutMs\" : {}, \"inMs\" : 0.01, \"computeMs\" : 0.05, "
        "\"outMs\" : 0.01, \"latencyMs\" : 0.07, \"endToEndMs\" : 0.11 }}\n",
        i == 0 ? "" : ", ", 10 + 0.1 * i, 10.01 + 0.1 * i, 10.01 + 0.1 * i, 10.06 + 0.1 * i,
        10.06 + 0.1 * i, 10.07 + 0.1 * i);
  return out + "]\n";
}

inline std::vector<ImportSample> import_samples() {
  return {
      {"seed", "npu_performance_20250601_101112.json",
       R"({"GRU_Apple": {"model": "GRU_Apple", "timestamp": "2025-06-01T10:11:12",
 "latency": {"mean": 1.326, "median": 1.319, "min": 1.278, "max": 1.417, "std": 0.031, "p95": 1.397, "p99": 1.413},
 "throughput_fps": 764.05, "memory": {"monitor_success": true, "avg_device_utilization": 14.1,
 "device_util_samples": 10, "device_util_values": [14.1, 14.2]}, "rmse": 54.905, "data_samples": 1101}})"},
      {"seed", "tensorrt_performance_20250601_101112.json",
       R"({"GRU_Apple": {"model": "GRU_Apple", "timestamp": "2025-06-01T10:11:12",
 "latency": {"mean": 0.072, "median": 0.071, "min": 0.066, "max": 0.084, "std": 0.003, "p95": 0.076, "p99": 0.080},
 "throughput_fps": 13942.90, "memory": {"monitor_success": true, "avg_device_utilization": 0.0,
 "avg_gpu_memory_mb": 1393.69, "avg_gpu_power_watts": 68.33}, "rmse": 52.141, "data_samples": 1101}})"},
      {"seed", "onnx_performance_20250601_101112.json",
       R"({"GRU_Apple": {"model": "GRU_Apple", "latency": {"mean": 0.186, "p99": 0.226},
 "throughput_fps": 5363.08, "memory": {"monitor_success": false, "avg_gpu_power_watts": 0}, "rmse": null}})"},
      {"trtexec-times", "times-10.json", trtexec_times(1000, true)},
      {"trtexec-times", "times-11.json", trtexec_times(1000, false)},
      {"trtexec-times", "times-8.json", trtexec_times_8(100)},
      {"trtexec-profile", "profile.json",
       R"([
  { "count" : 1200 }
, { "name" : "Reformat", "timeMs" : 12.0, "averageMs" : 0.01, "medianMs" : 0.009, "percentage" : 20 }
, { "name" : "GRU_3", "timeMs" : 48.0, "averageMs" : 0.04, "medianMs" : 0.039, "percentage" : 80 }
])"},
      {"hailortcli-json", "run2.json",
       R"({"time": "2026-11-20T10:00:00", "inference_mode": "full_async",
 "network_groups": [{"name": "gru_apple", "full_hef_path": "gru_apple.hef", "FPS": "1504.21",
  "hw_latency": 0.41, "overall_latency": 1.31}],
 "devices": [{"device_id": "0000:01:00.0", "power": {"min": "1.01 W", "max": "1.61 W", "average": "1.23 W"}}]})"},
      {"hailortcli-csv", "benchmark.csv",
       "net_name,fps,hw_only_fps,num_of_frames,num_of_frames_hw_only,hw_latency,overall_latency,"
       "min_power,average_power,max_power\ngru_apple,1504.2,1611.9,22563,24178,0.41,1.31,1.01,1.23,"
       "1.61\n"},
      {"hailortcli-csv", "run.csv",
       "net_name,status,status_description,fps,num_of_frames,send_rate,recv_rate,hw_latency,"
       "overall_latency,min_power,average_power,max_power\n"
       "gru_apple,0,HAILO_SUCCESS,764.1,3821,,,0.5,,,,\n"},
      {"benchmark_app-json", "benchmark_report.json", imported_file("benchmark_app.json")},
      {"benchmark_app-json", "throughput.json", imported_file("benchmark_app_throughput.json")},
      {"benchmark_app-csv", "benchmark_report.csv", imported_file("benchmark_app.csv")},
      {"benchmark_app-console", "console.txt", imported_file("benchmark_app.txt")},
      {"onnxruntime_perf_test", "perf.txt",
       "Session creation time cost: 0.0109 s\nFirst inference time cost: 1 ms\n"
       "Total inference time cost: 0.0765 s\nTotal inference requests: 1000\n"
       "Average inference time cost total: 0.076 ms\nAverage inference time cost: 0.0765 ms\n"
       "Total inference run time: 0.0801 s\nNumber of inferences per second: 12484.4\n"
       "Avg CPU usage: 50 %\nPeak working set size: 41943040 bytes\nRuns:1000\n"
       "Min Latency: 6.1e-05 s\nMax Latency: 0.00041 s\nP50 Latency: 7.4e-05 s\n"
       "P90 Latency: 8.1e-05 s\nP95 Latency: 8.5e-05 s\nP99 Latency: 0.00012 s\n"
       "P999 Latency: 0.0003 s\n"},
      {"loadgen-summary", "mlperf_log_summary.txt",
       "================================================\nMLPerf Results Summary\n"
       "================================================\nSUT name : OrinNano\n"
       "Scenario : SingleStream\nMode     : PerformanceOnly\n"
       "90th percentile latency (ns) : 1410000\nResult is : VALID\n"
       "================================================\nAdditional Stats\n"
       "================================================\nQPS w/ loadgen overhead : 748.1\n"
       "QPS w/o loadgen overhead : 750.2\n\nMin latency (ns) : 1200000\n"
       "Max latency (ns) : 2100000\nMean latency (ns) : 1332978\n"
       "50.00 percentile latency (ns) : 1320000\n90.00 percentile latency (ns) : 1410000\n"
       "99.00 percentile latency (ns) : 1520000\n99.90 percentile latency (ns) : 1900000\n"},
      {"loadgen-detail", "mlperf_log_detail.txt",
       ":::MLLOG {\"key\": \"sut_name\", \"value\": \"OrinNano\", \"time_ms\": 0.1}\n"
       ":::MLLOG {\"key\": \"effective_scenario\", \"value\": \"SingleStream\"}\n"
       ":::MLLOG {\"key\": \"result_validity\", \"value\": \"VALID\"}\n"
       ":::MLLOG {\"key\": \"result_mean_latency_ns\", \"value\": 1332978}\n"
       ":::MLLOG {\"key\": \"result_99.00_percentile_latency_ns\", \"value\": 1520000}\n"
       ":::MLLOG {\"key\": \"result_query_count\", \"value\": 6000}\n"
       ":::MLLOG {\"key\": \"result_qps_without_loadgen_overhead\", \"value\": 750.2}\n"},
      {"loadgen-summary", "mlperf_log_summary.txt",
       "================================================\nMLPerf Results Summary\n"
       "================================================\nSUT name : OrinNano\n"
       "Scenario : Server\nMode     : PerformanceOnly\n"
       "Scheduled samples per second : 359.93\nResult is : VALID\n"
       "================================================\nAdditional Stats\n"
       "================================================\n"
       "Completed samples per second    : 358.07\n\nMin latency (ns) : 1200000\n"
       "Max latency (ns) : 9100000\nMean latency (ns) : 2332978\n"
       "50.00 percentile latency (ns) : 2120000\n99.00 percentile latency (ns) : 6520000\n"
       "================================================\nTest Parameters Used\n"
       "================================================\nsamples_per_query : 1\n"
       "target_qps : 360\ntarget_latency (ns): 10000000\nmax_async_queries : 0\n"},
      {"loadgen-detail", "mlperf_log_detail.txt",
       ":::MLLOG {\"key\": \"sut_name\", \"value\": \"OrinNano\", \"time_ms\": 0.1}\n"
       ":::MLLOG {\"key\": \"effective_scenario\", \"value\": \"MultiStream\"}\n"
       ":::MLLOG {\"key\": \"effective_samples_per_query\", \"value\": 8}\n"
       ":::MLLOG {\"key\": \"result_validity\", \"value\": \"VALID\"}\n"
       ":::MLLOG {\"key\": \"result_mean_latency_ns\", \"value\": 5332978}\n"
       ":::MLLOG {\"key\": \"result_99.00_percentile_per_query_latency_ns\", \"value\": 9520000}\n"
       ":::MLLOG {\"key\": \"result_query_count\", \"value\": 6000}\n"},
      {"nvidia-smi", "smi.csv",
       "timestamp, name, power.draw [W], utilization.gpu [%], memory.used [MiB]\n"
       "2026/11/20 10:00:00.000, NVIDIA GeForce RTX 3070 Ti, 68.10 W, 12 %, 1390 MiB\n"
       "2026/11/20 10:00:00.100, NVIDIA GeForce RTX 3070 Ti, 68.50 W, 14 %, 1390 MiB\n"
       "2026/11/20 10:00:00.200, NVIDIA GeForce RTX 3070 Ti, [N/A], 13 %, 1390 MiB\n"},
  };
}

}  // namespace steelyard
