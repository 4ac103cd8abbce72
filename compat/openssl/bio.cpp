// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "compat/openssl/objects.hpp"

namespace {

constexpr std::size_t usual_pair_size = 17 * 1024;  // what OpenSSL takes for 0: a record and its head
const BIO_METHOD memory_method{BIO_TYPE_MEM};

std::size_t room_in(const BIO& reader) {
  return reader.capacity > reader.bytes.size() ? reader.capacity - reader.bytes.size() : 0;
}

}  // namespace

extern "C" {

const BIO_METHOD* BIO_s_mem(void) { return &memory_method; }

BIO* BIO_new(const BIO_METHOD* method) { return method != nullptr ? new bio_st : nullptr; }

BIO* BIO_new_mem_buf(const void* buf, int len) {
  if (buf == nullptr) return nullptr;
  auto* bio = new bio_st;
  const auto* text = static_cast<const char*>(buf);
  bio->bytes.assign(text, len < 0 ? std::strlen(text) : static_cast<std::size_t>(len));
  bio->read_only = true;
  return bio;
}

int BIO_new_bio_pair(BIO** bio1, size_t writebuf1, BIO** bio2, size_t writebuf2) {
  auto* one = new bio_st;
  auto* two = new bio_st;
  one->pair = two->pair = true;
  one->peer = two;
  two->peer = one;
  two->capacity = writebuf1 != 0 ? writebuf1 : usual_pair_size;
  one->capacity = writebuf2 != 0 ? writebuf2 : usual_pair_size;
  *bio1 = one;
  *bio2 = two;
  return 1;
}

int BIO_free(BIO* bio) {
  if (bio == nullptr) return 0;
  if (bio->peer != nullptr) bio->peer->peer = nullptr;
  delete bio;
  return 1;
}

int BIO_read(BIO* bio, void* data, int len) {
  if (bio == nullptr || data == nullptr || len < 0) return -1;
  bio->flags &= ~(BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
  if (len == 0) return 0;
  if (bio->bytes.empty()) {
    if (bio->read_only || (bio->pair && bio->peer == nullptr)) return 0;  // nothing can come any more
    bio->flags |= BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY;
    return -1;
  }
  const std::size_t count = std::min(bio->bytes.size(), static_cast<std::size_t>(len));
  std::memcpy(data, bio->bytes.data(), count);
  bio->bytes.erase(0, count);
  return static_cast<int>(count);
}

int BIO_write(BIO* bio, const void* data, int len) {
  if (bio == nullptr || data == nullptr || len < 0 || bio->read_only) return -1;
  bio->flags &= ~(BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
  if (bio->pair && bio->peer == nullptr) return -1;
  bio_st& reader = bio->pair ? *bio->peer : *bio;
  const std::size_t count = std::min(room_in(reader), static_cast<std::size_t>(len));
  if (count == 0 && len > 0) {
    bio->flags |= BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY;
    return -1;
  }
  reader.bytes.append(static_cast<const char*>(data), count);
  return static_cast<int>(count);
}

size_t BIO_ctrl_pending(const BIO* bio) { return bio != nullptr ? bio->bytes.size() : 0; }
size_t BIO_wpending(const BIO* bio) {
  return bio != nullptr && bio->peer != nullptr ? bio->peer->bytes.size() : 0;
}
size_t BIO_ctrl_get_write_guarantee(BIO* bio) {
  return bio != nullptr && bio->peer != nullptr ? room_in(*bio->peer) : 0;
}
int BIO_method_type(const BIO* bio) { return bio->pair ? BIO_TYPE_BIO : BIO_TYPE_MEM; }
int BIO_test_flags(const BIO* bio, int flags) { return bio->flags & flags; }

}  // extern "C"
