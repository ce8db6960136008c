// SPDX-License-Identifier: Apache-2.0
// Stand-in for the ONNX parser's header of the same name; see NvInfer.h beside it.
#pragma once

#include <NvInfer.h>

namespace nvonnxparser {

class IParserError {
 public:
  virtual const char* desc() const = 0;
  virtual int node() const = 0;

 protected:
  virtual ~IParserError() = default;
};

class IParser {
 public:
  virtual bool parse(const void* model, std::size_t size, const char* path = nullptr) noexcept = 0;
  virtual int getNbErrors() const noexcept = 0;
  virtual const IParserError* getError(int index) const noexcept = 0;
  virtual ~IParser() = default;
};

}  // namespace nvonnxparser
