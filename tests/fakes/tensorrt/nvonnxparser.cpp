// SPDX-License-Identifier: Apache-2.0
// Stand-in for TensorRT's ONNX parser: accepts what our own engine can run. One thread.
#include <NvOnnxParser.h>

#include <string>

#include "fake.h"
#include "model_file.h"

namespace {

struct Complaint final : nvonnxparser::IParserError {
  std::string text;
  const char* desc() const override { return text.c_str(); }
  int node() const override { return 3; }
};

class Parser final : public nvonnxparser::IParser {
 public:
  explicit Parser(fake::Network* network) : network_(network) {}
  // As in the real one, what the network is made of lies in the parser.
  ~Parser() override { network_->onnx.clear(); }
  bool parse(const void* model, std::size_t size, const char*) noexcept override try {
    if (fake::fault("parse") == 2) return false;  // without a word
    if (fake::fault("parse") != 0) throw steelyard::Error("no importer registered for op: Fault");
    network_->onnx.assign(static_cast<const char*>(model), size);
    fake::network_in(network_->onnx);
    return true;
  } catch (const std::exception& e) {
    complaint_.text = e.what();
    return false;
  }
  int getNbErrors() const noexcept override { return complaint_.text.empty() ? 0 : 1; }
  const nvonnxparser::IParserError* getError(int) const noexcept override { return &complaint_; }

 private:
  fake::Network* network_;
  Complaint complaint_;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) void* createNvOnnxParser_INTERNAL(void* network,
                                                                                    void*, int) {
  if (fake::fault("createParser") != 0) return nullptr;
  return new Parser(
      static_cast<fake::Network*>(static_cast<nvinfer1::INetworkDefinition*>(network)));
}
