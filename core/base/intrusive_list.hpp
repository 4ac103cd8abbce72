// SPDX-License-Identifier: Apache-2.0
// IntrusiveList: a doubly linked list whose links live in its members: O(1) insert and remove, no memory.
#pragma once

#include <cstddef>

namespace linnet {

/// Base of everything that can be in a list; `Tag` lets one object be in several lists.
template <typename Tag>
class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  bool linked() const { return next_ != nullptr; }
  /// Takes the node out of whatever list it is in; nothing happens when it is in none.
  void unlink() {
    if (next_ == nullptr) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = nullptr;
    previous_ = nullptr;
  }

 private:
  template <typename T, typename U>
  friend class IntrusiveList;
  ListNode* next_ = nullptr;
  ListNode* previous_ = nullptr;
};

/// T must derive from ListNode<Tag>. The list owns nothing.
template <typename T, typename Tag>
class IntrusiveList {
 public:
  using Node = ListNode<Tag>;

  IntrusiveList() { reset(); }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  bool empty() const { return head_.next_ == &head_; }
  T* front() { return empty() ? nullptr : static_cast<T*>(head_.next_); }
  T* back() { return empty() ? nullptr : static_cast<T*>(head_.previous_); }
  const T* front() const { return empty() ? nullptr : static_cast<const T*>(head_.next_); }
  /// The member after `item`, or null at the end.
  T* next(const T& item) {
    Node* node = static_cast<const Node&>(item).next_;
    return node == &head_ ? nullptr : static_cast<T*>(node);
  }
  const T* next(const T& item) const {
    const Node* node = static_cast<const Node&>(item).next_;
    return node == &head_ ? nullptr : static_cast<const T*>(node);
  }
  void push_back(T& item) { insert(head_.previous_, item, &head_); }
  void push_front(T& item) { insert(&head_, item, head_.next_); }
  /// Behind `position`, which must be in the list.
  void insert_after(T& position, T& item) {
    Node& before = position;
    insert(&before, item, before.next_);
  }
  /// The member before `item`, or null at the front.
  T* previous(const T& item) {
    Node* node = static_cast<const Node&>(item).previous_;
    return node == &head_ ? nullptr : static_cast<T*>(node);
  }
  T* pop_front() {
    T* item = front();
    if (item != nullptr) static_cast<Node*>(item)->unlink();
    return item;
  }

 private:
  void reset() {
    head_.next_ = &head_;
    head_.previous_ = &head_;
  }
  void insert(Node* before, T& item, Node* after) {
    Node& node = item;
    node.previous_ = before;
    node.next_ = after;
    before->next_ = &node;
    after->previous_ = &node;
  }
  Node head_;
};

}  // namespace linnet
