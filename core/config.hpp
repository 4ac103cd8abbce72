// SPDX-License-Identifier: Apache-2.0
// Config: all the numbers of a stack, given at construction.
#pragma once

#include "core/base/block.hpp"
#include "core/device/loopback.hpp"
#include "core/ethernet/config.hpp"
#include "core/ip/config.hpp"
#include "core/tcp/config.hpp"
#include "core/udp/config.hpp"

namespace linnet {

struct Config {
  BlockPoolConfig blocks;
  ethernet::Config ethernet;
  ip::Config ip;
  udp::Config udp;
  tcp::Config tcp;
  LoopbackConfig loopback{.queue_length = 8};  ///< interface 0, which every stack has

  /// A microcontroller of the ESP32 class: one interface beside loopback, some 100 KiB in all.
  static constexpr Config device() { return Config{}; }

  /// A process on Linux: several interfaces, thousands of connections, super-segments.
  static constexpr Config linux_host() {
    Config c;
    c.blocks = {.small_size = 2048, .small_count = 6144, .large_size = 66048, .large_count = 256};
    c.ethernet = {
        .links = 8, .neighbours = 1024, .neighbours_v6 = 1024, .addresses = 32, .queued_per_neighbour = 64, .queued_packets = 256};
    c.ip.interfaces = 8;
    c.ip.addresses = 32;
    c.ip.routes = 64;
    c.ip.addresses_v6 = 32;
    c.ip.learned_routes = 64;
    c.ip.groups = 128;
    c.ip.group_requests = 128;
    c.ip.group_sources = 32;
    c.ip.reassemblies = 32;
    c.ip.path_mtu_entries = 64;
    c.ip.raw_sockets = 32;
    c.ip.raw_queue = 256;
    c.udp.sockets = 1024;
    c.udp.queue_datagrams = 2048;
    c.udp.receive_buffer = 1048576;
    c.tcp.connections = 4096;
    c.tcp.listeners = 256;
    c.tcp.syn_records = 1024;
    c.tcp.time_wait_records = 16384;
    c.tcp.transmissions = 32768;
    c.tcp.recoveries = 1024;
    c.tcp.reassembly_blocks = 4500;  // the largest window below, in segments of an Ethernet's 1448 bytes
    c.tcp.send_buffer = 131072;
    c.tcp.receive_buffer = 65536;
    c.tcp.maximum_send_buffer = 4194304;
    c.tcp.maximum_receive_buffer = 6291456;  // three quarters of the small blocks hold it
    c.loopback.queue_length = 256;
    return c;
  }
};

}  // namespace linnet
