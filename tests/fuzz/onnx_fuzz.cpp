// SPDX-License-Identifier: Apache-2.0
// libFuzzer's target: bytes of an ONNX file to the first inference. Half of the mutations are of
// bytes, half of one field of the message, which leaves it a readable file. tools/fuzz runs it.
#include <onnx/onnx_pb.h>
#include <unistd.h>

#include <random>

#include "tests/fuzz/first_inference.h"

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Random = std::minstd_rand;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t*, std::size_t size, std::size_t most);

template <class T>
T mutated(T value) {
  LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(&value), sizeof value, sizeof value);
  return value;
}

std::string mutated(std::string value) {
  const std::size_t size = value.size();
  value.resize(size + 16);
  value.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(value.data()), size, size + 16));
  return value;
}

void mutate_leaf(Message& message, const FieldDescriptor& field, int at) {
  const auto& access = *message.GetReflection();
  const auto change = [&](auto get, auto get_at, auto set, auto set_at) {
    if (at < 0) return (access.*set)(&message, &field, mutated((access.*get)(message, &field)));
    (access.*set_at)(&message, &field, at, mutated((access.*get_at)(message, &field, at)));
  };
  using R = google::protobuf::Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return change(&R::GetInt32, &R::GetRepeatedInt32, &R::SetInt32, &R::SetRepeatedInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return change(&R::GetInt64, &R::GetRepeatedInt64, &R::SetInt64, &R::SetRepeatedInt64);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return change(&R::GetFloat, &R::GetRepeatedFloat, &R::SetFloat, &R::SetRepeatedFloat);
    case FieldDescriptor::CPPTYPE_STRING:
      return change(&R::GetString, &R::GetRepeatedString, &R::SetString, &R::SetRepeatedString);
    default:
      return;
  }
}

// Goes down from the message by chance and changes, doubles, drops or swaps what it meets.
void mutate_field(Message& message, Random& random) {
  std::vector<const FieldDescriptor*> fields;
  const auto& access = *message.GetReflection();
  access.ListFields(message, &fields);
  if (fields.empty()) return;
  const FieldDescriptor& field = *fields[random() % fields.size()];
  const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (!field.is_repeated()) {
    if (random() % 16 == 0) return access.ClearField(&message, &field);
    if (is_message) return mutate_field(*access.MutableMessage(&message, &field), random);
    return mutate_leaf(message, field, -1);
  }
  const int count = access.FieldSize(message, &field), at = int(random() % count);
  switch (random() % 16) {
    case 0:
      return access.RemoveLast(&message, &field);
    case 1:
      return access.SwapElements(&message, &field, at, count - 1);
    case 2:
      if (is_message) {
        Message* more = access.AddMessage(&message, &field);
        return more->CopyFrom(access.GetRepeatedMessage(message, &field, at));
      }
      break;
    default:
      break;
  }
  if (is_message) return mutate_field(*access.MutableRepeatedMessage(&message, &field, at), random);
  mutate_leaf(message, field, at);
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  Random random(seed);
  onnx::ModelProto model;
  if (random() % 2 && model.ParseFromArray(data, int(size))) {
    for (unsigned i = 0; i <= random() % 4; ++i) mutate_field(model, random);
    const std::string bytes = model.SerializeAsString();
    if (!bytes.empty() && bytes.size() <= most) {
      std::copy(bytes.begin(), bytes.end(), data);
      return bytes.size();
    }
  }
  return LLVMFuzzerMutate(data, size, most);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const google::protobuf::LogSilencer quiet;
  static const std::string scratch =
      "/dev/shm/steelyard-fuzz-" + std::to_string(::getpid()) + ".onnx";
  if (size) steelyard::fuzz::run({reinterpret_cast<const char*>(data), size}, scratch);
  return 0;
}
