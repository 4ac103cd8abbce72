// SPDX-License-Identifier: Apache-2.0
// ByteQueue against a std::string: everything that can be done to it, in any order.
#include <array>
#include <string>

#include "core/base/byte_queue.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

constexpr std::uint32_t small_size = 64;
constexpr std::uint32_t large_size = 512;
alignas(Arena::alignment) std::array<std::uint8_t, 8192> memory;

class Run {
 public:
  void step(Input& input) {
    switch (input.u8() % 7) {
      case 0:
        append(input, false);
        break;
      case 1:
        append(input, true);
        break;
      case 2:
        adopt(input);
        break;
      case 3:
        peek(input.u16(), input.u16() % 2048, 1 + input.below(12));
        break;
      case 4:
        copy_out(input.u16());
        break;
      case 5:
        read(input.below(1024));
        break;
      default:
        drop(input.below(1024));
    }
    require(queue_.size() == model_.size() && queue_.empty() == model_.empty(), "as long as the model");
    require(queue_.memory_held() >= queue_.size(), "bytes stand in blocks");
    require(!queue_.empty() || queue_.memory_held() == 0, "an empty queue holds no memory");
    const std::size_t taken = std::size_t{pool_.small_count() - pool_.small_free()} * small_size +
                              std::size_t{pool_.large_count() - pool_.large_free()} * large_size;
    require(taken == queue_.memory_held(), "and says truly what it holds");
  }
  void end() {
    peek(0, model_.size(), 12);
    if (model_.size() % 2 == 0)
      queue_.clear();
    else
      drop(model_.size());
    require(pool_.full(), "all blocks are back");
  }

 private:
  void append(Input& input, bool to_send) {
    std::array<std::uint8_t, 1024> bytes;
    const std::size_t size = input.below(1024);
    const std::uint8_t first = input.u8();
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(first + i * 7);
    const Bytes all = Bytes(bytes).first(size);
    const std::size_t taken = queue_.append(all, to_send);
    require(taken <= size, "not more than there was");
    model_.append(reinterpret_cast<const char*>(bytes.data()), taken);
  }
  void adopt(Input& input) {
    const std::uint32_t size = input.below(200);
    Block block = pool_.allocate(size);
    if (!block) return;
    const std::uint32_t begin = input.below(size + 1);
    const std::uint32_t end = begin + input.below(size - begin + 1);
    const std::uint8_t first = input.u8();
    for (std::uint32_t i = begin; i < end; ++i) block.data()[i] = static_cast<std::uint8_t>(first + i);
    model_.append(reinterpret_cast<const char*>(block.data() + begin), end - begin);
    queue_.append(std::move(block), begin, end);
  }
  void peek(std::size_t offset, std::size_t length, std::size_t most) const {
    offset = model_.empty() ? offset : offset % (model_.size() + 8);
    std::array<Bytes, 12> spans;
    const std::size_t count = queue_.peek(offset, length, std::span(spans).first(most));
    require(count <= most, "no more pieces than there is room for");
    std::string seen;
    for (const Bytes span : std::span(spans).first(count)) {
      require(!span.empty(), "no piece is empty");
      seen.append(reinterpret_cast<const char*>(span.data()), span.size());
    }
    const std::string right = offset < model_.size() ? model_.substr(offset, length) : std::string();
    require(right.starts_with(seen), "peek shows what is there");
    require(count == most || seen.size() == right.size(), "all of it when the pieces suffice");
  }
  void copy_out(std::size_t offset) const {
    offset = model_.empty() ? offset : offset % (model_.size() + 8);
    std::array<std::uint8_t, 700> to;
    const std::size_t count = queue_.copy_out(offset, to);
    const std::string right = offset < model_.size() ? model_.substr(offset, to.size()) : std::string();
    require(std::string_view(reinterpret_cast<const char*>(to.data()), count) == right,
            "copied from the offset on");
  }
  void read(std::size_t size) {
    std::array<std::uint8_t, 1024> to;
    const std::size_t count = queue_.read(MutableBytes(to).first(size));
    require(std::string_view(reinterpret_cast<const char*>(to.data()), count) == model_.substr(0, size),
            "read in order");
    model_.erase(0, count);
  }
  void drop(std::size_t count) {
    count = std::min(count, model_.size());
    queue_.drop_front(count);
    model_.erase(0, count);
  }

  Arena arena_{memory};
  BlockPool pool_{arena_,
                  {.small_size = small_size, .small_count = 24, .large_size = large_size, .large_count = 4}};
  ByteQueue queue_{pool_};
  std::string model_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run;
  while (!input.empty()) run.step(input);
  run.end();
  return 0;
}
