// SPDX-License-Identifier: Apache-2.0
// TcpSocket, TcpListener, UdpSocket: descriptors with a type, closed at the end of their scope.
#pragma once

#include "sockets/sockets.hpp"

namespace linnet::sockets {

/// Owns one descriptor. Nothing throws: a socket that could not be made has no descriptor, `error()` says
/// why, and each call on it yields -error::bad_descriptor. Results are those of Sockets.
class OwnedSocket {
 public:
  OwnedSocket(Sockets& sockets, int fd) : sockets_(&sockets), fd_(fd) {}
  OwnedSocket(OwnedSocket&& other) noexcept : sockets_(other.sockets_), fd_(other.release()) {}
  OwnedSocket& operator=(OwnedSocket&& other) noexcept {
    if (this != &other) {
      close();
      sockets_ = other.sockets_;
      fd_ = other.release();
    }
    return *this;
  }
  ~OwnedSocket() { close(); }

  bool ok() const { return fd_ >= 0; }
  /// Why there is no descriptor: a positive errno value; 0 when there is one.
  int error() const { return fd_ >= 0 ? 0 : -fd_; }
  int fd() const { return fd_; }
  Sockets& sockets() const { return *sockets_; }
  /// Gives the descriptor away.
  int release() { return std::exchange(fd_, -error::bad_descriptor); }
  int close() { return fd_ >= 0 ? sockets_->close(release()) : -error::bad_descriptor; }

  int bind(const Endpoint& local) { return sockets_->bind(fd_, local); }
  int set_option(int level, int name, int value) { return sockets_->set_option(fd_, level, name, value); }
  int option(int level, int name) { return sockets_->option(fd_, level, name); }
  int set_non_blocking(bool on) { return sockets_->set_non_blocking(fd_, on); }
  int set_receive_timeout(Duration timeout) { return sockets_->set_receive_timeout(fd_, timeout); }
  int set_send_timeout(Duration timeout) { return sockets_->set_send_timeout(fd_, timeout); }
  /// Unspecified when there is none.
  Endpoint local() const {
    Endpoint name;
    sockets_->getsockname(fd_, name);
    return name;
  }
  Endpoint remote() const {
    Endpoint name;
    sockets_->getpeername(fd_, name);
    return name;
  }

 private:
  Sockets* sockets_;
  int fd_;
};

/// One end of a TCP connection.
class TcpSocket : public OwnedSocket {
 public:
  explicit TcpSocket(Sockets& sockets, int domain = af::inet)
      : OwnedSocket(sockets, sockets.socket(domain, sock::stream)) {}
  struct Adopt {};  ///< an open descriptor of that kind, or an errno value negated
  TcpSocket(Adopt, Sockets& sockets, int fd) : OwnedSocket(sockets, fd) {}

  int connect(const Endpoint& remote) { return sockets().connect(fd(), remote); }
  std::ptrdiff_t send(Bytes data, int flags = 0) { return sockets().send(fd(), data, flags); }
  std::ptrdiff_t receive(MutableBytes to, int flags = 0) { return sockets().recv(fd(), to, flags); }
  int shutdown(int how) { return sockets().shutdown(fd(), how); }
  int set_linger(std::optional<Duration> time) { return sockets().set_linger(fd(), time); }
  int set_no_delay(bool on) { return set_option(ipproto::tcp, tcp_option::no_delay, on ? 1 : 0); }
};

class TcpListener : public OwnedSocket {
 public:
  explicit TcpListener(Sockets& sockets, int domain = af::inet)
      : OwnedSocket(sockets, sockets.socket(domain, sock::stream)) {}

  /// bind and listen in one; the name may be in TIME-WAIT.
  int listen(const Endpoint& local, int backlog) {
    set_option(sol::socket, so::reuse_address, 1);
    const int bound = bind(local);
    return bound < 0 ? bound : sockets().listen(fd(), backlog);
  }
  TcpSocket accept(Endpoint* peer = nullptr) {
    return {TcpSocket::Adopt{}, sockets(), sockets().accept(fd(), peer)};
  }
};

class UdpSocket : public OwnedSocket {
 public:
  explicit UdpSocket(Sockets& sockets, int domain = af::inet)
      : OwnedSocket(sockets, sockets.socket(domain, sock::dgram)) {}

  int connect(const Endpoint& remote) { return sockets().connect(fd(), remote); }
  std::ptrdiff_t send(Bytes data) { return sockets().send(fd(), data); }
  std::ptrdiff_t receive(MutableBytes to) { return sockets().recv(fd(), to); }
  std::ptrdiff_t send_to(Bytes data, const Endpoint& to) { return sockets().sendto(fd(), data, 0, &to); }
  std::ptrdiff_t receive_from(MutableBytes to, Endpoint* from = nullptr) {
    return sockets().recvfrom(fd(), to, 0, from);
  }
  int change_group(GroupChange change, const IpAddress& group, std::uint8_t interface = ip::any_interface,
                   const IpAddress& source = {}) {
    return sockets().change_group(fd(), change, group, interface, source);
  }
};

}  // namespace linnet::sockets
