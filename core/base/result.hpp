// SPDX-License-Identifier: Apache-2.0
// Result<T, E>: a value or a small error enum (clang 14 has no std::expected).
#pragma once

#include <utility>

namespace linnet {

template <typename E>
struct Failure {
  E error;
};
template <typename E>
Failure(E) -> Failure<E>;

template <typename T, typename E>
class [[nodiscard]] Result {
 public:
  constexpr Result(T value) : value_(std::move(value)), ok_(true) {}       // NOLINT: implicit on purpose
  constexpr Result(Failure<E> failure) : error_(failure.error), ok_(false) {}  // NOLINT

  constexpr explicit operator bool() const { return ok_; }
  constexpr bool ok() const { return ok_; }
  /// Only when ok().
  constexpr T& value() { return value_; }
  constexpr const T& value() const { return value_; }
  constexpr T& operator*() { return value_; }
  constexpr const T& operator*() const { return value_; }
  constexpr T* operator->() { return &value_; }
  constexpr const T* operator->() const { return &value_; }
  /// Only when !ok().
  constexpr E error() const { return error_; }

 private:
  T value_{};
  E error_{};
  bool ok_;
};

/// An operation that yields nothing but may fail.
template <typename E>
class [[nodiscard]] Result<void, E> {
 public:
  constexpr Result() = default;
  constexpr Result(Failure<E> failure) : error_(failure.error), ok_(false) {}  // NOLINT
  constexpr explicit operator bool() const { return ok_; }
  constexpr bool ok() const { return ok_; }
  constexpr E error() const { return error_; }

 private:
  E error_{};
  bool ok_ = true;
};

}  // namespace linnet
