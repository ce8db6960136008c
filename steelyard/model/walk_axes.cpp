// SPDX-License-Identifier: Apache-2.0
// See walk.h. Operators that rearrange the axes of the flowing data without touching a number.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "steelyard/model/walk.h"

namespace steelyard {
namespace {

constexpr std::size_t kMaxRank = 8;

// The part of a new shape on one side of its -1: how many of the old axes it uses up, and which of
// them make each new axis. An empty group is a new axis of extent 1.
struct Group {
  std::size_t begin = 0, end = 0;
};

}  // namespace

Flow Walk::transpose(const Node& node, Flow flow) {
  std::vector<std::int64_t> perm(flow.axes.size());
  std::iota(perm.rbegin(), perm.rend(), 0);
  if (const auto* given = node.attribute("perm"))
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&given->value)) perm = *list;
  if (perm.size() != flow.axes.size()) refuse(node, "perm does not fit its input");
  std::vector<int> axes;
  for (const auto from : perm) {
    const int id = flow.axes[position(node, from, flow.axes.size())];
    if (std::find(axes.begin(), axes.end(), id) != axes.end())
      refuse(node, "perm is not a permutation");
    axes.push_back(id);
  }
  flow.axes = axes;
  return flow;
}

Flow Walk::squeeze(const Node& node, const Flow& from, const std::vector<Value>& inputs) {
  bool constant = true;
  const auto list = setting(node, "axes", inputs, 1, constant);
  if (!constant) refuse(node, "axes must be a constant");
  std::vector<bool> drop(from.axes.size(), false);
  if (list)
    for (const auto at : *list) drop[position(node, at, drop.size())] = true;
  else
    for (std::size_t i = 0; i < drop.size(); ++i) drop[i] = axis(from, i).extent == 1;
  Flow flow = from;
  flow.axes.clear();
  for (std::size_t i = 0; i < drop.size(); ++i) {
    if (!drop[i]) {
      flow.axes.push_back(from.axes[i]);
      continue;
    }
    if (axis(from, i).extent != 1)
      refuse(node, fmt::format("axis {} of {} has more than one entry", i, describe(from)));
    const auto kind = axis(from, i).kind;
    if (kind == Axis::time) choose_step(node, flow, 0, 1);
    if (kind == Axis::batch || kind == Axis::unknown)
      refuse(node, "the batch axis must stay where it is");
  }
  return flow;
}

Flow Walk::unsqueeze(const Node& node, Flow flow, const std::vector<Value>& inputs) {
  const auto list = required(node, "axes", inputs, 1);
  const std::size_t rank = flow.axes.size() + list.size();
  if (rank > kMaxRank) refuse(node, "there are too many axes");
  std::vector<bool> fresh(rank, false);
  for (const auto at : list) fresh[position(node, at, rank)] = true;
  std::vector<int> axes;
  auto old = flow.axes.begin();
  for (std::size_t i = 0; i < rank; ++i) {
    if (!fresh[i] && old == flow.axes.end()) refuse(node, "an axis is listed twice");
    axes.push_back(fresh[i] ? add_axis(Axis::one, 1) : *old++);
  }
  flow.axes = axes;
  return flow;
}

// The axis that axes [begin, end) of `flow` become when they are written as one.
int Walk::merged(const Node& node, const Flow& flow, std::size_t begin, std::size_t end) {
  std::vector<std::size_t> real;
  for (std::size_t i = begin; i < end; ++i)
    if (axis(flow, i).kind != Axis::one) real.push_back(i);
  if (real.empty()) return add_axis(Axis::one, 1);
  if (real.size() == 1) return flow.axes[real.front()];
  const bool directions = real.size() == 2 && axis(flow, real[0]).kind == Axis::stack &&
                          axis(flow, real[1]).kind == Axis::feature;
  if (!directions)
    refuse(node,
           fmt::format("it merges axes of {} other than directions and features", describe(flow)));
  return add_axis(Axis::feature, axis(flow, real[0]).extent * axis(flow, real[1]).extent);
}

// The new shape with each 0, which means "as before", replaced by the axis that stood there.
std::vector<Extent> Walk::resolved(const Node& node, const Flow& from,
                                   std::vector<Extent> wanted) const {
  if (wanted.size() > kMaxRank) refuse(node, "there are too many axes");
  const bool zero_is_zero = integer(node, "allowzero", 0) != 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].axis >= 0 || wanted[i].value != 0) continue;
    if (zero_is_zero || i >= from.axes.size())
      refuse(node, "a 0 in the new shape does not fit its input");
    wanted[i] = {axis(from, i).extent, from.axes[i]};
  }
  return wanted;
}

Flow Walk::reshape(const Node& node, const Flow& from, const std::vector<Extent>& wanted) {
  const std::vector<Extent> target = resolved(node, from, wanted);
  const std::size_t rank = from.axes.size();
  const auto is_open = [](const Extent& e) { return e.axis < 0 && e.value < 0; };
  const auto open = std::find_if(target.begin(), target.end(), is_open);
  if (std::count_if(target.begin(), target.end(), is_open) > 1)
    refuse(node, "the new shape has two unknown axes");

  // From both ends towards the -1, if there is one: each entry uses up the axes that it stands for.
  std::size_t left = 0, right = rank;
  const auto take = [&](const Extent& extent, bool from_left) {
    const auto next = [&]() -> std::size_t { return from_left ? left : right - 1; };
    const auto consume = [&] { from_left ? ++left : --right; };
    const std::size_t begin = left, end = right;
    const auto group = [&] { return from_left ? Group{begin, left} : Group{right, end}; };
    if (extent.axis < 0 && extent.value == 1) {
      if (left < right && axis(from, next()).extent == 1) consume();
      return group();
    }
    std::int64_t product = 1;
    while (left < right) {
      const std::size_t at = next();
      const Axis& a = axis(from, at);
      consume();
      if (extent.axis >= 0 && from.axes[at] == extent.axis) return group();
      if (a.extent < 0) break;
      product *= a.extent;
      if (extent.value > 0 && product == extent.value) return group();
      if (extent.value > 0 && product > extent.value) break;
    }
    refuse(node, fmt::format("the new shape does not fit the axes {}", describe(from)));
  };
  std::vector<Group> groups(target.size());
  const auto middle = static_cast<std::size_t>(open - target.begin());
  for (std::size_t i = 0; i < middle; ++i) groups[i] = take(target[i], true);
  for (std::size_t i = target.size(); i-- > middle + 1;) groups[i] = take(target[i], false);
  if (middle < target.size()) groups[middle] = {left, right};
  for (std::size_t i = left; middle == target.size() && i < right; ++i)
    if (axis(from, i).extent != 1) refuse(node, "the new shape is smaller than its input");

  Flow flow = from;
  flow.axes.clear();
  for (const auto& group : groups) flow.axes.push_back(merged(node, from, group.begin, group.end));
  return flow;
}

Flow Walk::flatten(const Node& node, const Flow& from) {
  const auto given = integer(node, "axis", 1);
  const auto rank = static_cast<std::int64_t>(from.axes.size());
  if (given < -rank || given > rank) refuse(node, "axis does not fit its input");
  const auto cut = static_cast<std::size_t>(given < 0 ? given + rank : given);
  Flow flow = from;
  flow.axes.clear();
  flow.axes = {merged(node, from, 0, cut), merged(node, from, cut, from.axes.size())};
  return flow;
}

}  // namespace steelyard
