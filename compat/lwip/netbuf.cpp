// SPDX-License-Identifier: Apache-2.0
// lwip/netbuf.h.
#include <lwip/netbuf.h>

#include <new>

namespace {

void give(netbuf& buf, pbuf* p) {
  netbuf_free(&buf);
  buf.p = buf.ptr = p;
}

}  // namespace

extern "C" {

netbuf* netbuf_new(void) { return new (std::nothrow) netbuf{}; }

void netbuf_delete(netbuf* buf) {
  if (buf == nullptr) return;
  netbuf_free(buf);
  delete buf;
}

void* netbuf_alloc(netbuf* buf, u16_t size) {
  if (buf == nullptr) return nullptr;
  give(*buf, pbuf_alloc(PBUF_TRANSPORT, size, PBUF_RAM));
  return buf->p == nullptr ? nullptr : buf->p->payload;
}

void netbuf_free(netbuf* buf) {
  if (buf == nullptr) return;
  if (buf->p != nullptr) static_cast<void>(pbuf_free(buf->p));
  buf->p = buf->ptr = nullptr;
}

err_t netbuf_ref(netbuf* buf, const void* data, u16_t size) {
  if (buf == nullptr) return ERR_ARG;
  give(*buf, pbuf_alloc_reference(const_cast<void*>(data), size, PBUF_REF));
  return buf->p == nullptr ? ERR_MEM : ERR_OK;
}

void netbuf_chain(netbuf* head, netbuf* tail) {
  if (head == nullptr || tail == nullptr) return;
  pbuf_cat(head->p, tail->p);
  head->ptr = head->p;
  tail->p = tail->ptr = nullptr;
  netbuf_delete(tail);
}

err_t netbuf_data(netbuf* buf, void** data, u16_t* length) {
  if (buf == nullptr || data == nullptr || length == nullptr) return ERR_ARG;
  if (buf->ptr == nullptr) return ERR_BUF;
  *data = buf->ptr->payload;
  *length = buf->ptr->len;
  return ERR_OK;
}

s8_t netbuf_next(netbuf* buf) {
  if (buf == nullptr || buf->ptr == nullptr || buf->ptr->next == nullptr) return -1;
  buf->ptr = buf->ptr->next;
  return buf->ptr->next == nullptr ? s8_t{1} : s8_t{0};
}

void netbuf_first(netbuf* buf) {
  if (buf != nullptr) buf->ptr = buf->p;
}

}  // extern "C"
