/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <freertos/task.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_event_group* EventGroupHandle_t;
typedef uint32_t EventBits_t;

EventGroupHandle_t xEventGroupCreate(void);
#define xEventGroupCreateStatic(group) ((void)(group), xEventGroupCreate()) /* the memory is not used */
void vEventGroupDelete(EventGroupHandle_t group);
/* All that wait for what is there now have it, before it is cleared. The bits after that. */
EventBits_t xEventGroupSetBits(EventGroupHandle_t group, EventBits_t bits);
/* The bits as they were. */
EventBits_t xEventGroupClearBits(EventGroupHandle_t group, EventBits_t bits);
#define xEventGroupGetBits(group) xEventGroupClearBits(group, 0)
/* The bits when what was waited for came, or the time was over; before they are cleared. */
EventBits_t xEventGroupWaitBits(EventGroupHandle_t group, EventBits_t bits, BaseType_t clear, BaseType_t all,
                                TickType_t ticks);
/* Sets bits and waits for all of `wanted`, which are cleared when they are there: a meeting point. */
EventBits_t xEventGroupSync(EventGroupHandle_t group, EventBits_t bits, EventBits_t wanted, TickType_t ticks);
#define xEventGroupSetBitsFromISR(group, bits, woken) linnet_from_isr((xEventGroupSetBits(group, bits), pdPASS), woken)
#define xEventGroupClearBitsFromISR(group, bits) (xEventGroupClearBits(group, bits), pdPASS)
#define xEventGroupGetBitsFromISR(group) xEventGroupGetBits(group)

#ifdef __cplusplus
}
#endif
