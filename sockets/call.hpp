// SPDX-License-Identifier: Apache-2.0
// What all calls of Sockets share: the lock, and waiting. Only for the sources of this folder.
#pragma once

#include "sockets/sockets.hpp"

namespace linnet::sockets {

/// Holds the lock; its end sees to the work that the call left for a sleeping driver.
class Sockets::Call {
 public:
  explicit Call(Sockets& sockets) : sockets_(sockets) { sockets_.port_.lock(); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    sockets_.driver_.finish();
    sockets_.port_.unlock();
  }
  Descriptor* find(int fd) const { return sockets_.table_.find(fd); }

 private:
  Sockets& sockets_;
};

/// A call's right to wait for events of one descriptor. The descriptor must not be touched any more after
/// `may_try_again` said no with error::bad_descriptor.
class Sockets::Waiting {
 public:
  Waiting(Sockets& sockets, Descriptor& row, std::uint16_t events, Duration timeout, bool dont_wait)
      : sockets_(sockets),
        row_(row),
        events_(events),
        timeout_(timeout),
        dont_wait_(dont_wait || row.non_blocking) {}

  /// After an attempt that would have waited: true, another attempt makes sense; false, see `error`. The
  /// first time of a call that may not wait, the devices are looked at: what is wanted may be there.
  bool may_try_again() {
    if (dont_wait_) return look_once();
    if (deadline_.is_never() && timeout_ > Duration()) deadline_ = sockets_.port_.now() + timeout_;
    Waiter waiter;
    waiter.events = events_;
    return judge(sockets_.driver_.wait(waiter, row_, deadline_));
  }
  /// The same when the device, not the peer, is what is waited for: devices do not tell when they have room
  /// again.
  bool may_try_device_again() {
    if (dont_wait_) return look_once();
    const Instant now = sockets_.port_.now();
    if (deadline_.is_never() && timeout_ > Duration()) deadline_ = now + timeout_;
    Waiter waiter;  // of no event
    const Instant retry = earlier(deadline_, now + Duration::microseconds(500));
    const Wake wake = sockets_.driver_.wait(waiter, row_, retry);
    return judge(wake == Wake::timed_out && sockets_.port_.now() < deadline_ ? Wake::ready : wake);
  }
  /// May it wait?
  bool waits() const { return !dont_wait_; }
  int error() const { return error_; }
  bool timed_out() const { return timed_out_; }
  bool closed() const { return error_ == error::bad_descriptor; }

 private:
  bool look_once() {
    if (looked_) return false;
    looked_ = true;
    sockets_.driver_.poll(sockets_.port_.now());
    return true;
  }
  bool judge(Wake wake) {
    if (wake == Wake::ready) return true;
    timed_out_ = wake == Wake::timed_out;
    if (wake == Wake::closed) error_ = error::bad_descriptor;
    if (wake == Wake::interrupted) error_ = error::interrupted;
    return false;
  }

  Sockets& sockets_;
  Descriptor& row_;
  std::uint16_t events_;
  Duration timeout_;
  bool dont_wait_;
  bool looked_ = false;
  bool timed_out_ = false;
  Instant deadline_ = Instant::never();
  int error_ = error::try_again;
};

/// The handshake is not over.
inline bool opening(tcp::State state) { return state == tcp::State::syn_sent || state == tcp::State::syn_received; }

inline int Sockets::fail(Descriptor& row, int error) {
  // EAGAIN, EINPROGRESS and EALREADY are no errors that a socket met, but answers.
  const bool answer = error == error::try_again || error == error::in_progress || error == error::already;
  if (!answer) row.last_error = error;
  return -error;
}

/// What was done before an error counts; the error waits for the next call.
inline std::ptrdiff_t Sockets::fail_or(std::ptrdiff_t done, Descriptor& row, int error) {
  if (done <= 0) return fail(row, error);
  if (error != error::try_again && error != error::interrupted) row.untold_error = error;
  return done;
}

}  // namespace linnet::sockets
