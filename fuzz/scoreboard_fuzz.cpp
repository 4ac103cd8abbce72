// SPDX-License-Identifier: Apache-2.0
// TCP's scoreboard against one record for each byte: what is SACKed, lost, sent again, and on its way.
#include <array>

#include "core/tcp/scoreboard.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using tcp::Scoreboard;
using tcp::Transmission;
using tcp::TransmissionPool;

namespace {

constexpr std::uint32_t most = 512;
constexpr std::size_t records = 96;  // some inputs use them up
alignas(Arena::alignment)
    std::array<std::uint8_t, TransmissionPool::memory_needed(2, records) + Arena::alignment> memory;

struct Byte {
  bool sacked = false;
  bool lost = false;
  bool again = false;
};

class Run {
 public:
  explicit Run(Input& input) : una_(input.u32()), nxt_(una_) {}

  void step(Input& input) {
    switch (input.u8() % 9) {
      case 0:
      case 1:
        send(1 + input.below(64), input.flag());
        break;
      case 2:
        acknowledge(input.below(most));
        break;
      case 3:
        sack(input.below(most), 1 + input.below(80));
        break;
      case 4:
        mark_lost(input.below(most));
        break;
      case 5:
        send_again(1 + input.below(64));
        break;
      case 6:
        everything(input.u8());
        break;
      case 7:
        probe(1 + input.below(64));
        break;
      default:
        now_ = now_ + Duration::microseconds(input.u8());
    }
    check();
  }
  void end() {
    board_.clear(pool_);
    require(board_.empty() && pool_.free() == records + 2, "all records are back");
    require(board_.pipe(0) == 0 && board_.sacked() == 0 && board_.lost() == 0, "and nothing counts");
  }

 private:
  std::uint32_t size() const { return nxt_ - una_; }
  SequenceNumber at(std::uint32_t offset) const { return una_ + offset; }

  void send(std::uint32_t length, bool whole) {
    if (size() + length > most) return;
    // With no record left, new data shares one, whose fate is forgotten; the model follows only while there
    // are some.
    if (pool_.free() <= 4) return;
    board_.sent(pool_, una_, nxt_ + length, now_, whole);
    for (std::uint32_t i = 0; i < length; ++i) bytes_[size() + i] = {};
    nxt_ += length;
  }
  void acknowledge(std::uint32_t length) {
    length = std::min(length, size());
    std::uint32_t visited = 0;
    board_.acknowledge(pool_, una_, at(length),
                       [&](const Transmission& t, SequenceNumber begin, std::uint32_t n) {
                         require(begin == at(visited) && n > 0, "in order, without gaps");
                         for (std::uint32_t i = 0; i < n; ++i)
                           require(bytes_[visited + i].sacked == t.sacked, "each run has one fate");
                         visited += n;
                       });
    require(visited == length, "all that is acknowledged, and no more");
    std::copy(bytes_.begin() + length, bytes_.begin() + size(), bytes_.begin());
    una_ += length;
  }
  void sack(std::uint32_t left, std::uint32_t length) {
    if (left >= size()) return;
    const std::uint32_t right = std::min(left + length, size());
    if (pool_.free() <= 6) return;  // a record cannot be cut then, and that part is left as it is
    std::uint32_t news = 0;
    for (std::uint32_t i = left; i < right; ++i) news += bytes_[i].sacked ? 0 : 1;
    std::uint32_t visited = 0;
    board_.sack(pool_, una_, at(left), at(right),
                [&](const Transmission& t, SequenceNumber begin, std::uint32_t n) {
                  require(begin >= at(left) && begin + n <= at(right) && !t.sacked,
                          "SACKed for the first time, inside the block");
                  visited += n;
                });
    require(visited == news, "each byte once");
    for (std::uint32_t i = left; i < right; ++i) {
      if (!bytes_[i].sacked) bytes_[i] = {.sacked = true};
    }
    if (news > 0) require(board_.highest_sacked() >= at(right), "the highest that was SACKed");
  }
  void mark_lost(std::uint32_t offset) {
    std::uint32_t begin = 0;
    board_.for_each(una_, [&](Transmission& t, SequenceNumber from) {
      begin = from - una_;
      const std::uint32_t end = t.end - una_;
      if (offset < begin || offset >= end) return;
      board_.mark_lost(t, from);
      for (std::uint32_t i = begin; i < end; ++i) lose(bytes_[i]);
    });
  }
  static void lose(Byte& byte) {
    if (byte.sacked) return;
    byte.lost = true;
    byte.again = false;
  }
  void send_again(std::uint32_t length) {
    SequenceNumber begin;
    Transmission* t = board_.next_lost(una_, begin);
    std::uint32_t first = 0;
    while (first < size() && !(bytes_[first].lost && !bytes_[first].again)) ++first;
    require((t == nullptr) == (first == size()), "RFC 6675 4: the next that is lost and was not sent again");
    require(board_.anything_lost() == (t != nullptr), "there is something, or not");
    if (t == nullptr) return;
    require(begin == at(first), "and it is the first one");
    if (pool_.free() <= 4) return;
    const std::uint32_t end = std::min(first + length, static_cast<std::uint32_t>(t->end - una_));
    board_.sent_again(pool_, *t, begin, at(end), now_);
    for (std::uint32_t i = first; i < end; ++i) bytes_[i].again = true;
  }
  void probe(std::uint32_t length) {
    Transmission* t = board_.first();
    if (t == nullptr || pool_.free() <= 4) return;
    board_.probed(pool_, *t, min(una_ + length, t->end), now_);
    require(t->retransmitted, "RFC 8985 7: sent more than once");
  }
  void everything(std::uint8_t what) {
    if (what % 3 == 0) {
      board_.mark_all_lost(una_);
      for (std::uint32_t i = 0; i < size(); ++i) lose(bytes_[i]);
    } else if (what % 3 == 1) {
      board_.unmark_losses(una_);
      for (std::uint32_t i = 0; i < size(); ++i) bytes_[i].lost = false;
    } else {
      board_.forget_sacks();
      for (std::uint32_t i = 0; i < size(); ++i) bytes_[i].sacked = false;
    }
  }

  void check() {
    std::uint32_t sacked = 0;
    std::uint32_t lost = 0;
    std::uint32_t again = 0;
    for (std::uint32_t i = 0; i < size(); ++i) {
      sacked += bytes_[i].sacked ? 1 : 0;
      lost += bytes_[i].lost ? 1 : 0;
      again += bytes_[i].again ? 1 : 0;
    }
    require(board_.sacked() == sacked && board_.lost() == lost && board_.again() == again,
            "bytes of each fate");
    require(board_.pipe(size()) == size() - sacked - lost + again, "RFC 6675 4: pipe");
    std::uint32_t end = 0;
    std::size_t count = 0;
    board_.for_each(una_, [&](const Transmission& t, SequenceNumber begin) {
      require(begin == at(end) && t.end > begin, "records follow each other, none is empty");
      end = t.end - una_;
      ++count;
      for (std::uint32_t i = begin - una_; i < end; ++i) {
        require(bytes_[i].sacked == t.sacked && bytes_[i].lost == t.lost && bytes_[i].again == t.again,
                "a byte's fate");
      }
    });
    require(end == size() && board_.empty() == (size() == 0), "SND.UNA to SND.NXT");
    require(pool_.free() + count == records + 2, "each record is somewhere");
  }

  Arena arena_{memory};
  TransmissionPool pool_{arena_, 2, records};
  Scoreboard board_;
  SequenceNumber una_;
  SequenceNumber nxt_;
  Instant now_ = Instant::from_microseconds(1);
  std::array<Byte, most> bytes_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run(input);
  while (!input.empty()) run.step(input);
  run.end();
  return 0;
}
