// SPDX-License-Identifier: Apache-2.0
#include "drill/network.hpp"

#include <cstdio>

#include "core/device/pcapng.hpp"

namespace linnet::drill {

void Network::inject(std::vector<std::uint8_t> packet) {
  waiting_.push_back(carried_.size());
  carried_.push_back({.at = clock_.now(), .inbound = true, .bytes = std::move(packet)});
}

std::size_t Network::receive(BlockPool& pool, std::span<Packet> batch) {
  // One at a time, so that `dropped` is about the packet before.
  if (batch.empty() || waiting_.empty()) return 0;
  const Carried& next = carried_[waiting_.front()];
  Block block = pool.allocate(next.bytes.size());
  if (!block) return 0;
  copy_bytes(block.data(), next.bytes);
  batch[0] = Packet(std::move(block), 0, static_cast<std::uint32_t>(next.bytes.size()));
  // Scripts write what a card would have coalesced as one segment.
  if (next.bytes.size() > mtu_) batch[0].info.segment_size = coalesced_;
  last_ = waiting_.front();
  waiting_.pop_front();
  return 1;
}

Transmit Network::transmit(const Frame& frame) {
  carried_.push_back({.at = clock_.now()});
  carried_.back().bytes.resize(frame.size());
  frame.gather(carried_.back().bytes.data());
  return Transmit::taken;
}

void Network::dropped(Drop reason) { carried_[last_].dropped = reason; }

bool Network::write_capture(const std::string& path) const {
  struct File final : ByteSink {
    explicit File(const std::string& name) : stream(std::fopen(name.c_str(), "wb")) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
      if (stream != nullptr) std::fclose(stream);
    }
    void write(Bytes bytes) override {
      if (stream != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), stream) != bytes.size())
        good = false;
    }
    std::FILE* stream;
    bool good = true;
  } file(path);
  if (file.stream == nullptr) return false;
  constexpr std::uint32_t snap_length = 65600;
  PcapngWriter writer(file, "linnet drill");
  const std::uint32_t interface = writer.add_interface(LinkType::ip, "drill", "script", snap_length);
  for (const Carried& packet : carried_) {
    const Bytes bytes = packet.bytes;
    std::string comment;
    if (packet.dropped != Drop::none) comment = "dropped: " + std::string(drop_text(packet.dropped));
    writer.write({.interface = interface,
                  .wall_microseconds = static_cast<std::uint64_t>(packet.at.as_microseconds()),
                  .direction = packet.inbound ? Direction::inbound : Direction::outbound,
                  .pieces = {&bytes, 1},
                  .comment = comment},
                 snap_length);
  }
  return std::fflush(file.stream) == 0 && file.good;
}

}  // namespace linnet::drill
