// SPDX-License-Identifier: Apache-2.0
// lwip/tcpip.h.
#include <lwip/tcpip.h>

#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <new>
#include <thread>

namespace {

struct Call {
  tcpip_callback_fn function = nullptr;
  void* context = nullptr;
  std::promise<void>* done = nullptr;
};

// Never destroyed: the thread waits for calls until the process is gone.
struct Calls {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Call> waiting;
  bool running = false;
};
Calls& calls = *new Calls;
std::recursive_mutex& core = *new std::recursive_mutex;

[[noreturn]] void run() {
  for (;;) {
    Call call;
    {
      std::unique_lock lock(calls.mutex);
      calls.changed.wait(lock, [] { return !calls.waiting.empty(); });
      call = calls.waiting.front();
      calls.waiting.pop_front();
    }
    {
      const std::lock_guard lock(core);
      call.function(call.context);
    }
    if (call.done != nullptr) call.done->set_value();
  }
}

err_t post(const Call& call) {
  if (call.function == nullptr) return ERR_ARG;
  {
    const std::lock_guard lock(calls.mutex);
    calls.waiting.push_back(call);
    if (!calls.running) std::thread(run).detach();
    calls.running = true;
  }
  calls.changed.notify_one();
  return ERR_OK;
}

}  // namespace

struct tcpip_callback_msg {
  tcpip_callback_fn function = nullptr;
  void* context = nullptr;
};

extern "C" {

void tcpip_init(tcpip_init_done_fn done, void* argument) {
  static_cast<void>(tcpip_callback(done, argument));
}

err_t tcpip_callback(tcpip_callback_fn function, void* context) {
  return post({.function = function, .context = context});
}

err_t tcpip_try_callback(tcpip_callback_fn function, void* context) {
  return tcpip_callback(function, context);
}

tcpip_callback_msg* tcpip_callbackmsg_new(tcpip_callback_fn function, void* context) {
  return new (std::nothrow) tcpip_callback_msg{function, context};
}

void tcpip_callbackmsg_delete(tcpip_callback_msg* message) { delete message; }

err_t tcpip_callbackmsg_trycallback(tcpip_callback_msg* message) {
  return message == nullptr ? err_t{ERR_ARG} : tcpip_callback(message->function, message->context);
}

err_t tcpip_callback_wait(tcpip_callback_fn function, void* context) {
  std::promise<void> done;
  const err_t result = post({.function = function, .context = context, .done = &done});
  if (result == ERR_OK) done.get_future().wait();
  return result;
}

void linnet_lock_tcpip_core(void) { core.lock(); }
void linnet_unlock_tcpip_core(void) { core.unlock(); }

}  // extern "C"
