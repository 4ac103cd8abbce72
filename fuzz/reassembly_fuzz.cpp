// SPDX-License-Identifier: Apache-2.0
// TCP's out-of-order data against an array of bytes: the first copy of a byte stays, ranges are what SACK
// tells.
#include <array>
#include <optional>

#include "core/tcp/reassembly.hpp"
#include "fuzz/input.hpp"

namespace linnet::tcp {

/// Walks what is held, and the links on the way.
class ReassemblyInspector {
 public:
  /// visit(head): each range, in order.
  template <typename Visit>
  static void ranges(const Reassembly& r, Visit&& visit) {
    walk(r, r.root_, 0xffffffffu, visit);
  }
  static const BlockHeader* previous(const BlockHeader& b) { return Reassembly::links(b).previous; }
  static bool is_last(const Reassembly& r, const BlockHeader* head) { return r.last_ == head; }

 private:
  template <typename Visit>
  static void walk(const Reassembly& r, const BlockHeader* head, std::uint32_t above, Visit&& visit) {
    if (head == nullptr) return;
    const auto& links = Reassembly::links(*head);
    fuzz::require(links.priority <= above, "the tree is a heap by its priorities");
    walk(r, links.left, links.priority, visit);
    visit(*head);
    walk(r, links.right, links.priority, visit);
  }
};

}  // namespace linnet::tcp

using namespace linnet;
using namespace linnet::fuzz;
using tcp::ReassemblyInspector;

namespace {

constexpr std::uint32_t window = 1024;
constexpr std::uint32_t block_size = 160;
alignas(Arena::alignment) std::array<std::uint8_t, 32768> memory;

class Run {
 public:
  explicit Run(Input& input) : first_(input.u32()), limit_(static_cast<std::uint16_t>(1 + input.below(48))) {
    reassembly_.seed(input.u8());
  }
  void insert(Input& input) {
    const std::uint32_t at = next_ + input.below(window);
    if (at >= window) return;
    const std::uint32_t size = std::min<std::uint32_t>(1 + input.below(100), window - at);
    const std::uint32_t begin = input.flag() ? 40 : input.below(block_size - size);
    Block block = pool_.allocate(block_size);
    if (!block) return;
    const std::uint8_t mark = input.u8();
    for (std::uint32_t i = 0; i < size; ++i) block.data()[begin + i] = static_cast<std::uint8_t>(mark + i);
    // RFC 2883 4: what came before is reported, the first contiguous part of it.
    std::uint32_t left = 0;
    while (left < size && !bytes_[at + left]) ++left;
    std::uint32_t right = left;
    while (right < size && bytes_[at + right]) ++right;
    std::uint32_t news = 0;
    for (std::uint32_t i = 0; i < size; ++i) news += bytes_[at + i] ? 0 : 1;

    const bool room = reassembly_.blocks() < limit_ && begin >= 40;
    tcp::DuplicateRange twice;
    const bool kept = reassembly_.insert(std::move(block), begin, begin + size, number(at), limit_, twice);
    require(kept || news == 0 || !room, "what is new is kept where there is room");
    require(news > 0 || !kept, "what brings nothing new is not kept");
    require(reassembly_.blocks() <= limit_, "no more blocks than allowed");
    if (left < right) {
      require(twice.left == number(at + left) && twice.right == number(at + right),
              "RFC 2883: what came twice");
    } else {
      require(twice.empty(), "RFC 2883: nothing came twice");
    }
    for (std::uint32_t i = 0; kept && i < size; ++i) {
      if (!bytes_[at + i]) bytes_[at + i] = static_cast<std::uint8_t>(mark + i);
    }
    look(!room);
    check_sacks();
    // RFC 2018 4: the block that holds the latest segment comes first.
    if (kept && bytes_[at + left % size]) check_first_sack(at, at + size);
  }
  void take() {
    while (Block block = reassembly_.take_front(number(next_))) {
      const BlockHeader& header = *block.header();
      const std::uint32_t at = header.sequence - first_;
      for (std::uint32_t i = 0; i < header.size(); ++i) {
        require(bytes_[at + i] == header.data()[header.begin + i], "RFC 2525: the first copy of each byte");
        bytes_[at + i].reset();
      }
      next_ = std::max(next_, at + header.size());
      block.reset();
      look(false);
    }
    require(next_ >= window || !bytes_[next_], "all that is contiguous was taken");
    check_sacks();
  }
  /// Segments in order arrive, which may reach over what is held.
  void move(std::uint32_t by) {
    next_ = std::min(next_ + by, window - 1);
    take();
  }
  void drop_last() {
    if (reassembly_.empty()) return;
    const std::uint16_t before = reassembly_.blocks();
    reassembly_.drop_last();
    require(reassembly_.blocks() + 1 == before, "one block less");
    look(true);
    check_sacks();
  }
  void end() {
    reassembly_.clear();
    require(reassembly_.empty() && reassembly_.blocks() == 0 && pool_.full(), "all blocks are back");
  }

 private:
  using SackBlock = tcp::SackBlock;
  SequenceNumber number(std::uint32_t at) const { return SequenceNumber(first_ + at); }

  /// What is held is what the model holds. `given_up`: the furthest may be gone, which the model then
  /// forgets.
  void look(bool given_up) {
    std::array<bool, window> held{};
    std::uint32_t end = 0;  // of the range before
    std::size_t blocks = 0;
    bool last = reassembly_.empty();
    ReassemblyInspector::ranges(reassembly_, [&](const BlockHeader& head) {
      std::uint32_t at = head.sequence - first_;
      require(at > end || end == 0, "ranges stand in order, with gaps between them");
      const BlockHeader* previous = ReassemblyInspector::previous(head);
      for (const BlockHeader* b = &head; b != nullptr; b = b->next, ++blocks) {
        require(b->sequence - first_ == at && b->size() > 0, "the blocks of a range have no gaps");
        require(ReassemblyInspector::previous(*b) == previous, "the links of a range form a ring");
        previous = b;
        for (std::uint32_t i = 0; i < b->size(); ++i) {
          require(bytes_[at + i] == b->data()[b->begin + i], "RFC 2525: the first copy of each byte");
          held[at + i] = true;
        }
        at += b->size();
      }
      require(ReassemblyInspector::previous(head) == previous, "the ring is closed");
      end = at;
      last = ReassemblyInspector::is_last(reassembly_, &head);
    });
    require(last, "the last range is known");
    require(blocks == reassembly_.blocks() && pool_.small_count() - pool_.small_free() == blocks,
            "each block counted");
    for (std::uint32_t at = 0; at < window; ++at) {
      if (held[at] || !bytes_[at]) continue;
      require(given_up && at >= end, "RFC 2018 8: only the furthest is given up, and only for want of room");
      bytes_[at].reset();
    }
  }
  void check_sacks() const {
    std::array<SackBlock, 4> blocks{};
    const std::size_t count = reassembly_.sack_blocks(blocks, false);
    require(count <= blocks.size(), "RFC 2018 3: four blocks at most");
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t left = blocks[i].left.value() - first_;
      const std::uint32_t right = blocks[i].right.value() - first_;
      require(left < right && right <= window, "RFC 2018 3: a block is not empty and inside what was sent");
      for (std::uint32_t at = left; at < right; ++at)
        require(bytes_[at].has_value(), "only what is here is SACKed");
      require(!bytes_[right] && (left == 0 || !bytes_[left - 1]), "RFC 2018 4: a block is a whole range");
      for (std::size_t j = 0; j < i; ++j) require(blocks[j] != blocks[i], "each range once");
    }
  }
  void check_first_sack(std::uint32_t left, std::uint32_t right) const {
    std::array<SackBlock, 1> block{};
    require(reassembly_.sack_blocks(block, false) == 1, "what has just been kept is told");
    require(block[0].left < number(right) && block[0].right > number(left),
            "RFC 2018 4: the latest comes first");
  }

  Arena arena_{memory};
  BlockPool pool_{arena_, {.small_size = block_size, .small_count = 96}};
  tcp::Reassembly reassembly_;
  std::uint32_t first_;
  std::uint16_t limit_;
  std::uint32_t next_ = 0;
  std::array<std::optional<std::uint8_t>, window + 1> bytes_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run(input);
  while (!input.empty()) {
    const std::uint8_t step = input.u8();
    if (step < 0xe0) {
      run.insert(input);
    } else if (step < 0xf0) {
      run.move(step & 0x0f);
    } else if (step < 0xf8) {
      run.take();
    } else {
      run.drop_last();
    }
  }
  run.end();
  return 0;
}
