/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <freertos/task.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_queue* QueueHandle_t;
typedef QueueHandle_t xQueueHandle;

/* NULL: no memory. */
QueueHandle_t xQueueCreate(UBaseType_t length, UBaseType_t item_size);
/* The memory is not used. */
#define xQueueCreateStatic(length, item_size, storage, queue) ((void)(storage), (void)(queue), xQueueCreate(length, item_size))
void vQueueDelete(QueueHandle_t queue);
BaseType_t xQueueSendToBack(QueueHandle_t queue, const void* item, TickType_t ticks);
BaseType_t xQueueSendToFront(QueueHandle_t queue, const void* item, TickType_t ticks);
#define xQueueSend(queue, item, ticks) xQueueSendToBack(queue, item, ticks)
BaseType_t xQueueReceive(QueueHandle_t queue, void* item, TickType_t ticks);
BaseType_t xQueuePeek(QueueHandle_t queue, void* item, TickType_t ticks);
BaseType_t xQueueReset(QueueHandle_t queue);
UBaseType_t uxQueueMessagesWaiting(QueueHandle_t queue);
UBaseType_t uxQueueSpacesAvailable(QueueHandle_t queue);
/* Of a queue of one: the item takes the place of the one that is there. */
BaseType_t xQueueOverwrite(QueueHandle_t queue, const void* item);

#define xQueueSendFromISR(queue, item, woken) linnet_from_isr(xQueueSendToBack(queue, item, 0), woken)
#define xQueueSendToBackFromISR(queue, item, woken) linnet_from_isr(xQueueSendToBack(queue, item, 0), woken)
#define xQueueSendToFrontFromISR(queue, item, woken) linnet_from_isr(xQueueSendToFront(queue, item, 0), woken)
#define xQueueOverwriteFromISR(queue, item, woken) linnet_from_isr(xQueueOverwrite(queue, item), woken)
#define xQueueReceiveFromISR(queue, item, woken) linnet_from_isr(xQueueReceive(queue, item, 0), woken)
#define xQueuePeekFromISR(queue, item) xQueuePeek(queue, item, 0)
#define uxQueueMessagesWaitingFromISR(queue) uxQueueMessagesWaiting(queue)
#define xQueueIsQueueEmptyFromISR(queue) (uxQueueMessagesWaiting(queue) == 0 ? pdTRUE : pdFALSE)
#define xQueueIsQueueFullFromISR(queue) (uxQueueSpacesAvailable(queue) == 0 ? pdTRUE : pdFALSE)

#ifdef __cplusplus
}
#endif
