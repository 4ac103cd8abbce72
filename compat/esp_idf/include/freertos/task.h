/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <freertos/FreeRTOS.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_task* TaskHandle_t;
typedef TaskHandle_t xTaskHandle;
typedef void (*TaskFunction_t)(void* argument);
typedef enum { eNoAction, eSetBits, eIncrement, eSetValueWithOverwrite, eSetValueWithoutOverwrite } eNotifyAction;

BaseType_t xTaskCreate(TaskFunction_t function, const char* name, uint32_t stack, void* argument, UBaseType_t priority,
                       TaskHandle_t* task);
BaseType_t xTaskCreatePinnedToCore(TaskFunction_t function, const char* name, uint32_t stack, void* argument,
                                   UBaseType_t priority, TaskHandle_t* task, BaseType_t core);
/* The memory is not used. */
#define xTaskCreateStatic(function, name, depth, argument, priority, stack, task) \
  linnet_task_create_static(function, name, argument, priority, stack, task)
#define xTaskCreateStaticPinnedToCore(function, name, depth, argument, priority, stack, task, core) \
  linnet_task_create_static(function, name, argument, priority, stack, task)
TaskHandle_t linnet_task_create_static(TaskFunction_t function, const char* name, void* argument, UBaseType_t priority,
                                       StackType_t* stack, StaticTask_t* task);
/* NULL: the calling task, which does not return. Another task ends when it next calls a function of these headers. */
void vTaskDelete(TaskHandle_t task);
void vTaskDelay(TickType_t ticks);
void vTaskDelayUntil(TickType_t* previous, TickType_t period);
TickType_t xTaskGetTickCount(void);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
const char* pcTaskGetName(TaskHandle_t task);
UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t task);
/* NULL: the calling task, until another resumes it. Another task stops when it next calls a function of these headers. */
void vTaskSuspend(TaskHandle_t task);
void vTaskResume(TaskHandle_t task);
#define xTaskResumeFromISR(task) (vTaskResume(task), pdFALSE)
/* A critical section: see FreeRTOS.h. */
#define vTaskSuspendAll() linnet_enter_critical()
#define xTaskResumeAll() (linnet_exit_critical(), pdFALSE)
/* As it was said; it means nothing. */
UBaseType_t uxTaskPriorityGet(TaskHandle_t task);
void vTaskPrioritySet(TaskHandle_t task, UBaseType_t priority);
UBaseType_t uxTaskGetNumberOfTasks(void);
#define xTaskGetTickCountFromISR() xTaskGetTickCount()
#define taskYIELD() linnet_task_yield()

uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks);
BaseType_t xTaskNotify(TaskHandle_t task, uint32_t value, eNotifyAction action);
BaseType_t xTaskNotifyWait(uint32_t clear_before, uint32_t clear_after, uint32_t* value, TickType_t ticks);
#define xTaskNotifyGive(task) xTaskNotify(task, 0, eIncrement)
#define xTaskNotifyFromISR(task, value, action, woken) linnet_from_isr(xTaskNotify(task, value, action), woken)
#define vTaskNotifyGiveFromISR(task, woken) ((void)linnet_from_isr(xTaskNotifyGive(task), woken))

#ifdef __cplusplus
}
#endif
