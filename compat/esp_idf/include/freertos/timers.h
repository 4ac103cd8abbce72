/* SPDX-License-Identifier: Apache-2.0 */
/* Software timers. One thread calls all of them, as FreeRTOS' service task does; it is another than esp_timer.h's. */
#pragma once

#include <freertos/task.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_timer* TimerHandle_t;
typedef TimerHandle_t xTimerHandle;
typedef void (*TimerCallbackFunction_t)(TimerHandle_t timer);
typedef TimerCallbackFunction_t tmrTIMER_CALLBACK;
typedef void (*PendedFunction_t)(void* argument, uint32_t number);

/* Not running at first. NULL: no callback, or a period of 0. */
TimerHandle_t xTimerCreate(const char* name, TickType_t period, UBaseType_t reload, void* id, TimerCallbackFunction_t callback);
#define xTimerCreateStatic(name, period, reload, id, callback, timer) \
  ((void)(timer), xTimerCreate(name, period, reload, id, callback)) /* the memory is not used */
/* Commands take effect at once: `ticks`, the time to wait until there is room for them, is not looked at. */
#define xTimerStart(timer, ticks) ((void)(ticks), linnet_timer_start(timer))
#define xTimerReset(timer, ticks) ((void)(ticks), linnet_timer_start(timer))
#define xTimerStop(timer, ticks) ((void)(ticks), linnet_timer_stop(timer))
/* Starts it, too. */
#define xTimerChangePeriod(timer, period, ticks) ((void)(ticks), linnet_timer_change_period(timer, period))
#define xTimerDelete(timer, ticks) ((void)(ticks), linnet_timer_delete(timer))
#define xTimerStartFromISR(timer, woken) linnet_from_isr(linnet_timer_start(timer), woken)
#define xTimerResetFromISR(timer, woken) linnet_from_isr(linnet_timer_start(timer), woken)
#define xTimerStopFromISR(timer, woken) linnet_from_isr(linnet_timer_stop(timer), woken)
#define xTimerChangePeriodFromISR(timer, period, woken) linnet_from_isr(linnet_timer_change_period(timer, period), woken)
BaseType_t linnet_timer_start(TimerHandle_t timer);
BaseType_t linnet_timer_stop(TimerHandle_t timer);
BaseType_t linnet_timer_change_period(TimerHandle_t timer, TickType_t period);
BaseType_t linnet_timer_delete(TimerHandle_t timer);

BaseType_t xTimerIsTimerActive(TimerHandle_t timer);
TickType_t xTimerGetPeriod(TimerHandle_t timer);
void* pvTimerGetTimerID(TimerHandle_t timer);
void vTimerSetTimerID(TimerHandle_t timer, void* id);
const char* pcTimerGetName(TimerHandle_t timer);
void vTimerSetReloadMode(TimerHandle_t timer, UBaseType_t reload);

/* The same thread calls it, once. */
BaseType_t xTimerPendFunctionCall(PendedFunction_t function, void* argument, uint32_t number, TickType_t ticks);
#define xTimerPendFunctionCallFromISR(function, argument, number, woken) \
  linnet_from_isr(xTimerPendFunctionCall(function, argument, number, 0), woken)

#ifdef __cplusplus
}
#endif
