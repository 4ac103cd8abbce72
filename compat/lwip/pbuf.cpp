// SPDX-License-Identifier: Apache-2.0
// lwip/pbuf.h: making, freeing and joining. What looks into them is in pbuf_data.cpp.
#include <lwip/pbuf.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t longest = 0xffff;

/// As many bytes of `p` as pbuf_remove_header takes, negative for pbuf_add_header.
u8_t move_payload(pbuf* p, std::ptrdiff_t count) {
  if (p == nullptr || count > p->len || -count > p->headroom) return 1;
  if (p->tot_len - count > static_cast<std::ptrdiff_t>(longest)) return 1;
  p->payload = static_cast<u8_t*>(p->payload) + count;
  p->headroom = static_cast<u16_t>(p->headroom + count);
  p->len = static_cast<u16_t>(p->len - count);
  p->tot_len = static_cast<u16_t>(p->tot_len - count);
  return 0;
}

}  // namespace

extern "C" {

pbuf* pbuf_alloc_reference(void* payload, u16_t length, pbuf_type type) {
  auto* p = static_cast<pbuf*>(std::malloc(sizeof(pbuf)));
  if (p == nullptr) return nullptr;
  *p = {};
  p->payload = payload;
  p->tot_len = p->len = length;
  p->type_internal = static_cast<u16_t>(type);
  p->ref = 1;
  return p;
}

pbuf* pbuf_alloc(pbuf_layer layer, u16_t length, pbuf_type type) {
  if (type == PBUF_ROM || type == PBUF_REF) return pbuf_alloc_reference(nullptr, length, type);
  const auto headroom = static_cast<std::size_t>(layer);
  auto* p = static_cast<pbuf*>(std::malloc(sizeof(pbuf) + headroom + length));
  if (p == nullptr) return nullptr;
  *p = {};
  p->payload = reinterpret_cast<u8_t*>(p + 1) + headroom;
  p->tot_len = p->len = length;
  p->type_internal = static_cast<u16_t>(type);
  p->ref = 1;
  p->headroom = static_cast<u16_t>(headroom);
  return p;
}

void pbuf_realloc(pbuf* p, u16_t size) {
  if (p == nullptr || size >= p->tot_len) return;
  const auto less = static_cast<u16_t>(p->tot_len - size);
  u16_t left = size;
  for (; left > p->len; p = p->next) {
    left = static_cast<u16_t>(left - p->len);
    p->tot_len = static_cast<u16_t>(p->tot_len - less);
  }
  p->len = p->tot_len = left;
  if (p->next != nullptr) static_cast<void>(pbuf_free(p->next));
  p->next = nullptr;
}

u8_t pbuf_add_header(pbuf* p, size_t count) {
  return count > longest ? u8_t{1} : move_payload(p, -static_cast<std::ptrdiff_t>(count));
}

u8_t pbuf_remove_header(pbuf* p, size_t count) {
  return count > longest ? u8_t{1} : move_payload(p, static_cast<std::ptrdiff_t>(count));
}

u8_t pbuf_header(pbuf* p, s16_t count) { return move_payload(p, -std::ptrdiff_t{count}); }

void pbuf_ref(pbuf* p) {
  if (p != nullptr) ++std::atomic_ref<u16_t>(p->ref);
}

u8_t pbuf_free(pbuf* p) {
  u8_t freed = 0;
  while (p != nullptr && --std::atomic_ref<u16_t>(p->ref) == 0) {
    pbuf* const next = p->next;
    std::free(p);
    p = next;
    ++freed;
  }
  return freed;
}

u16_t pbuf_clen(const pbuf* p) {
  u16_t count = 0;
  for (; p != nullptr; p = p->next) ++count;
  return count;
}

void pbuf_cat(pbuf* head, pbuf* tail) {
  if (head == nullptr || tail == nullptr) return;
  pbuf* last = head;
  for (;; last = last->next) {
    last->tot_len = static_cast<u16_t>(last->tot_len + tail->tot_len);
    if (last->next == nullptr) break;
  }
  last->next = tail;
}

void pbuf_chain(pbuf* head, pbuf* tail) {
  if (head == nullptr || tail == nullptr) return;
  pbuf_cat(head, tail);
  pbuf_ref(tail);
}

pbuf* pbuf_dechain(pbuf* p) {
  pbuf* const rest = p->next;
  if (rest == nullptr) return nullptr;
  p->next = nullptr;
  p->tot_len = p->len;
  return pbuf_free(rest) > 0 ? nullptr : rest;
}

}  // extern "C"
