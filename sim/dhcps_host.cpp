// SPDX-License-Identifier: Apache-2.0
#include "sim/dhcps_host.hpp"

namespace linnet::sim {

void DhcpsProgram::begin() {
  server_.reset();
  memory_.reset();
  memory_.emplace(dhcps::Server::memory_needed(config_) + Arena::alignment);
  arena_.emplace(memory_->bytes());
  server_.emplace(machine_.stack(), machine_.interface(), config_, *arena_);
  restored_ = saved_.empty();
}

Instant DhcpsProgram::step(Instant now) {
  if (stopped_) return Instant::never();
  if (!restored_) {
    server_->restore(saved_, machine_.world(now) - saved_at_, now);
    restored_ = true;
  }
  if (silent_) {
    server_->stop();
    return Instant::never();
  }
  if (!server_->start()) return now + Duration::seconds(1);
  const Instant next = server_->poll(now);
  while (server_->take_news()) {
  }
  return next;
}

void DhcpsProgram::host_lost(Instant world) {
  saved_.resize(dhcps::LeaseTable::save_size(config_));
  saved_.resize(server_->save(saved_, machine_.local(world)));
  saved_at_ = world;
  server_.reset();
}

}  // namespace linnet::sim
