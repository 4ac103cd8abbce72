// SPDX-License-Identifier: Apache-2.0
#include "apps/device_certificate.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "apps/problem.hpp"
#include "platform/linux/entropy.hpp"
#include "tls/calendar.hpp"

namespace linnet::apps {
namespace {

constexpr std::int64_t day = 86400;
constexpr std::int64_t days_valid = 730;
constexpr std::int64_t days_left_at_least = 30;

Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Nothing when it cannot be read.
std::optional<std::string> contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return std::nullopt;
  return text.str();
}

/// As the XDG base directory specification has it; empty: nobody has a home here.
std::filesystem::path state_folder() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::filesystem::path(state) / "linnet";
  }
  const char* home = std::getenv("HOME");
  return home != nullptr && *home == '/' ? std::filesystem::path(home) / ".local/state/linnet"
                                         : std::filesystem::path();
}

/// For its owner's eyes only. A half-written file is never seen under the name.
bool store(const std::filesystem::path& path, const std::string& text) {
  const std::string temporary = fmt::format("{}.{}", path.string(), getpid());
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  std::error_code error;
  if (close(fd) == 0 && written) std::filesystem::rename(temporary, path, error);
  if (written && !error) return true;
  std::filesystem::remove(temporary, error);
  return false;
}

bool lasts(const tls::Identity& identity, std::int64_t now) {
  const mbedtls_x509_crt& certificate = *identity.chain();
  return tls::seconds_since_1970(certificate.valid_from) <= now &&
         tls::seconds_since_1970(certificate.valid_to) >= now + days_left_at_least * day;
}

tls::SelfSigned make(Machine& machine, std::int64_t now) {
  const std::string& name = machine.options().host_name;
  const std::vector<std::string> names{name, name + ".local", "localhost"};
  std::vector<IpAddress> addresses{IpAddress::loopback_v4(), IpAddress::loopback_v6()};
  if (const IpAddress own = machine.address(); !own.is_unspecified()) addresses.push_back(own);
  return tls::make_self_signed({.common_name = name,
                                .names = names,
                                .addresses = addresses,
                                .not_before = now - day,
                                .not_after = now + days_valid * day},
                               platform::entropy_seed());
}

std::string load_given(const CertificateFiles& files, tls::Identity& identity) {
  const auto certificate = contents(files.certificate);
  const auto key = contents(files.key);
  if (!certificate)
    throw Problem(fmt::format("--tls-cert: cannot read {}", files.certificate), exit_code::usage);
  if (!key) throw Problem(fmt::format("--tls-key: cannot read {}", files.key), exit_code::usage);
  if (!identity.load(bytes_of(*certificate), bytes_of(*key), platform::entropy_seed())) {
    throw Problem(fmt::format("--tls-cert, --tls-key: {}", identity.problem()), exit_code::usage);
  }
  return files.certificate;
}

}  // namespace

std::string load_certificate(Machine& machine, const CertificateFiles& files, tls::Identity& identity) {
  if (!files.certificate.empty()) return load_given(files, identity);
  const std::int64_t now = machine.port().wall_clock().as_seconds();
  const std::filesystem::path folder = state_folder();
  // Key and certificate in one file: no start can find one of them without the other.
  const std::filesystem::path path = folder / (machine.options().host_name + ".pem");
  if (const auto kept = folder.empty() ? std::nullopt : contents(path)) {
    tls::Identity old;
    if (old.load(bytes_of(*kept), bytes_of(*kept), platform::entropy_seed()) && lasts(old, now) &&
        identity.load(bytes_of(*kept), bytes_of(*kept), platform::entropy_seed())) {
      return "self-made, " + path.string();
    }
  }
  const tls::SelfSigned made = make(machine, now);
  if (!identity.load(bytes_of(made.certificate), bytes_of(made.key), platform::entropy_seed())) {
    throw Problem("a certificate could not be made");
  }
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  const bool kept = !folder.empty() && store(path, made.certificate + made.key);
  return kept ? "self-made now, " + path.string() : "self-made now, for this time only";
}

}  // namespace linnet::apps
