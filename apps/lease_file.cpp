// SPDX-License-Identifier: Apache-2.0
#include "apps/lease_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "apps/problem.hpp"

namespace linnet::apps {

LeaseFile::LeaseFile(std::string name, const dhcp::Client& client)
    : name_(std::move(name)), client_(&client) {
  std::error_code missing;
  if (!std::filesystem::exists(name_, missing)) return;
  std::ifstream file(name_);
  std::string line;
  std::getline(file, line);
  if (!file && !file.eof()) throw Problem(fmt::format("--lease: cannot read {}", name_), exit_code::usage);
  const auto address = IpAddress::parse(line);
  const bool usable = address && address->is_v4() && !address->is_unspecified() && !address->is_multicast();
  if (!usable)
    throw Problem(fmt::format("--lease: {} has no IPv4 address in its first line", name_), exit_code::usage);
  written_ = *address;
}

Instant LeaseFile::poll(Instant) {
  const dhcp::Status status = client_->status();
  if (version_ == status.version) return Instant::never();
  version_ = status.version;
  if (status.lease != nullptr && status.lease->prefix.address != written_)
    write(status.lease->prefix.address);
  return Instant::never();
}

/// The file is there whole, or as it was.
void LeaseFile::write(const IpAddress& address) {
  written_ = address;
  const std::string text = fmt::format("{}\n", AddressText(address).view());
  const std::string beside = name_ + ".new";
  std::ofstream file(beside, std::ios::trunc);
  file << text << std::flush;
  file.close();
  if (file && std::rename(beside.c_str(), name_.c_str()) == 0) return;
  fmt::print(stderr, "linnet: --lease: cannot write {}: {}\n", name_, std::strerror(errno));
}

}  // namespace linnet::apps
