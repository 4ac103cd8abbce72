// SPDX-License-Identifier: Apache-2.0
// lwip/pbuf.h: the bytes of chains.
#include <lwip/pbuf.h>

#include <cstring>

namespace {

constexpr u16_t nowhere = 0xffff;

/// Calls `visit(bytes, count, position)` for the pieces of `length` bytes from `offset`; yields how many
/// there were.
template <typename Visit>
u16_t for_each_piece(const pbuf* p, u16_t offset, u16_t length, Visit visit) {
  u16_t done = 0;
  for (; p != nullptr && done < length; p = p->next) {
    if (offset >= p->len) {
      offset = static_cast<u16_t>(offset - p->len);
      continue;
    }
    const auto here = static_cast<u16_t>(p->len - offset);
    const auto count = static_cast<u16_t>(length - done < here ? length - done : here);
    visit(static_cast<u8_t*>(p->payload) + offset, count, done);
    done = static_cast<u16_t>(done + count);
    offset = 0;
  }
  return done;
}

}  // namespace

extern "C" {

u16_t pbuf_copy_partial(const pbuf* p, void* data, u16_t length, u16_t offset) {
  if (p == nullptr || data == nullptr) return 0;
  return for_each_piece(p, offset, length, [&](const u8_t* bytes, u16_t count, u16_t position) {
    std::memcpy(static_cast<u8_t*>(data) + position, bytes, count);
  });
}

err_t pbuf_take_at(pbuf* p, const void* data, u16_t length, u16_t offset) {
  if (p == nullptr || (data == nullptr && length > 0)) return ERR_ARG;
  if (std::size_t{offset} + length > p->tot_len) return ERR_MEM;
  static_cast<void>(for_each_piece(p, offset, length, [&](u8_t* bytes, u16_t count, u16_t position) {
    std::memcpy(bytes, static_cast<const u8_t*>(data) + position, count);
  }));
  return ERR_OK;
}

err_t pbuf_take(pbuf* p, const void* data, u16_t length) { return pbuf_take_at(p, data, length, 0); }

err_t pbuf_copy(pbuf* to, const pbuf* from) {
  if (to == nullptr || from == nullptr || to->tot_len < from->tot_len) return ERR_ARG;
  static_cast<void>(
      for_each_piece(from, 0, from->tot_len, [&](const u8_t* bytes, u16_t count, u16_t position) {
        static_cast<void>(pbuf_take_at(to, bytes, count, position));
      }));
  return ERR_OK;
}

pbuf* pbuf_clone(pbuf_layer layer, pbuf_type type, pbuf* p) {
  pbuf* copy = p == nullptr ? nullptr : pbuf_alloc(layer, p->tot_len, type);
  if (copy != nullptr && copy->payload != nullptr) static_cast<void>(pbuf_copy(copy, p));
  return copy;
}

pbuf* pbuf_coalesce(pbuf* p, pbuf_layer layer) {
  if (p == nullptr || p->next == nullptr) return p;
  pbuf* const whole = pbuf_clone(layer, PBUF_RAM, p);
  if (whole == nullptr) return p;
  static_cast<void>(pbuf_free(p));
  return whole;
}

pbuf* pbuf_skip(pbuf* p, u16_t offset, u16_t* rest) {
  while (p != nullptr && p->len <= offset) {
    offset = static_cast<u16_t>(offset - p->len);
    p = p->next;
  }
  if (rest != nullptr) *rest = offset;
  return p;
}

void* pbuf_get_contiguous(const pbuf* p, void* buffer, size_t size, u16_t length, u16_t offset) {
  u16_t rest = 0;
  const pbuf* const first = pbuf_skip(const_cast<pbuf*>(p), offset, &rest);
  if (first == nullptr) return nullptr;
  if (first->len >= std::size_t{rest} + length) return static_cast<u8_t*>(first->payload) + rest;
  if (buffer == nullptr || size < length) return nullptr;
  return pbuf_copy_partial(first, buffer, length, rest) == length ? buffer : nullptr;
}

int pbuf_try_get_at(const pbuf* p, u16_t offset) {
  u8_t value = 0;
  return pbuf_copy_partial(p, &value, 1, offset) == 1 ? value : -1;
}

u8_t pbuf_get_at(const pbuf* p, u16_t offset) {
  const int value = pbuf_try_get_at(p, offset);
  return value < 0 ? u8_t{0} : static_cast<u8_t>(value);
}

void pbuf_put_at(pbuf* p, u16_t offset, u8_t value) { static_cast<void>(pbuf_take_at(p, &value, 1, offset)); }

u16_t pbuf_memcmp(const pbuf* p, u16_t offset, const void* other, u16_t length) {
  if (p == nullptr || std::size_t{offset} + length > p->tot_len) return nowhere;
  const auto* expected = static_cast<const u8_t*>(other);
  u16_t differs = 0;
  static_cast<void>(for_each_piece(p, offset, length, [&](const u8_t* bytes, u16_t count, u16_t position) {
    for (u16_t i = 0; i < count && differs == 0; ++i) {
      if (bytes[i] != expected[position + i]) differs = static_cast<u16_t>(position + i + 1);
    }
  }));
  return differs;
}

u16_t pbuf_memfind(const pbuf* p, const void* what, u16_t length, u16_t start) {
  if (p == nullptr) return nowhere;
  for (std::size_t at = start; at + length <= p->tot_len; ++at) {
    if (pbuf_memcmp(p, static_cast<u16_t>(at), what, length) == 0) return static_cast<u16_t>(at);
  }
  return nowhere;
}

u16_t pbuf_strstr(const pbuf* p, const char* text) {
  const std::size_t length = text == nullptr ? 0 : std::strlen(text);
  if (length == 0 || length >= nowhere) return nowhere;
  return pbuf_memfind(p, text, static_cast<u16_t>(length), 0);
}

}  // extern "C"
