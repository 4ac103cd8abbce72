// SPDX-License-Identifier: Apache-2.0
// What must hold: at every event, when the faults are over, and in the end.
#include <algorithm>

#include "sim/stage.hpp"

namespace linnet::sim {

namespace {

constexpr std::array<const char*, layers> layer_names{"link", "IP", "raw sockets", "UDP", "TCP"};

/// Who has blocks, as far as the layers tell.
std::string holders_of(Stack& stack) {
  std::string text;
  stack.udp().for_each([&](const udp::SocketView& socket) {
    if (socket.queued > 0)
      text += "; UDP port " + std::to_string(socket.local.port) + " has " + std::to_string(socket.queued);
  });
  if (stack.ethernet().neighbour_count() > 0) text += "; neighbours are left";
  if (stack.ip().reassemblies() > 0)
    text += "; in reassembly are " + std::to_string(stack.ip().reassemblies());
  return text;
}

}  // namespace

LayerDigests digests_of(Stack& stack) {
  const auto digest_of = [](const auto& layer) {
    Digest digest;
    layer.digest(digest);
    return digest.value();
  };
  return {digest_of(stack.ethernet()), digest_of(stack.ip()), digest_of(stack.raw()), digest_of(stack.udp()),
          digest_of(stack.tcp())};
}

/// What must hold at every event: the monitors have found nothing, and (S7) what is free and what the pool
/// counts agree.
void Stage::check_machine(Machine& machine) {
  check_services(machine);
  MachineMonitors& monitors = *monitors_[machine.index()];
  monitors.turn(machine.local(simulation_.now()));
  if (const auto finding = monitors.take_finding(); finding && outcome_.problem.empty()) {
    fail(finding->rule, "machine " + std::to_string(machine.index()) + ": " + finding->text);
  }
  const BlockPool& pool = machine.stack().pool();
  if (pool.small_free() > pool.small_count()) fail("S7", "a pool has more free blocks than it has");
}

bool Stage::transfer_over(const Transfer& transfer) {
  for (Side* side : {transfer.server, transfer.client}) {
    if (!side->failed() || side->done()) continue;
    if (scenario_.forgeable) {
      Machine& machine =
          simulation_.machine(side == transfer.server ? transfer.plan->server : transfer.plan->client);
      side->give_up(machine.local(simulation_.now()));
      simulation_.wake(machine);
      continue;
    }
    fail("S1", std::string(side == transfer.server ? "server " : "client ") +
                   std::to_string(transfer.plan->number) + ": " + side->problem());
    return true;
  }
  // A client that ended its connection before the server's handshake was over leaves nothing to accept.
  if (transfer.client->done() &&
      transfer.server->stop_waiting(simulation_.machine(transfer.plan->server).local(simulation_.now()))) {
    return true;
  }
  return transfer.server->done() && transfer.client->done();
}

bool Stage::all_over() {
  bool over = true;
  // A claim that was still under way when the faults ended can take an address (RFC 5227 2.4).
  for (std::size_t i = 0; healed_ && i < simulation_.machines(); ++i) {
    restore_address(simulation_.machine(i));
    restore_address_v6(simulation_.machine(i));
  }
  for (const Transfer& transfer : transfers_) over = transfer_over(transfer) && over;
  if (floor_ && transfers_.front().client->all_moved() && transfers_.front().server->all_moved())
    floor_->end(simulation_.now());
  for (const Flow& flow : flows_) {
    if (flow.client->failed())
      fail("S1", "flow " + std::to_string(flow.plan->number) + ": " + flow.client->problem());
    over = over && flow.client->done();
  }
  over = services_over() && over;
  return over || !outcome_.problem.empty();
}

/// L2, L6: no connection is immortal, and nothing is left of what happened.
void Stage::check_fresh(Machine& machine) {
  const std::string name = "machine " + std::to_string(machine.index()) + ": ";
  Stack& stack = machine.stack();
  unsigned connections = 0;
  std::string states;
  stack.tcp().for_each_connection([&](const tcp::Status& status) {
    ++connections;
    states += " " + std::string(tcp::state_text(status.state));
  });
  if (connections != 0) fail("L2", name + std::to_string(connections) + " connections are left:" + states);
  if (!stack.pool().full()) {
    fail("S7", name + std::to_string(stack.pool().small_free()) + " of " +
                   std::to_string(stack.pool().small_count()) + " blocks are free" + holders_of(stack));
  }
  const bool echoes = std::any_of(flows_.begin(), flows_.end(),
                                  [&](const Flow& flow) { return flow.plan->server == machine.index(); });
  if (serves(machine.index()) || echoes || !same_station_[machine.index()]) return;
  const LayerDigests now = digests_of(stack);
  constexpr std::size_t ip = 1;
  for (std::size_t i = 0; i < layers; ++i) {
    // RFC 7217 5: the secret key of a link-local address is another one after each boot here.
    if (i == ip && scenario_.ipv6 && machine.boots() > 1) continue;
    if (now[i] != fresh_[machine.index()][i])
      fail("L6", name + "its " + layer_names[i] + " state is not that of a fresh stack");
  }
}

}  // namespace linnet::sim
