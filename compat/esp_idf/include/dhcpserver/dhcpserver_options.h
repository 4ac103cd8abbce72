/* SPDX-License-Identifier: Apache-2.0 */
/* Options by RFC 2132's numbers: those that dhcps_set_option_info knows. */
#pragma once

#define SUBNET_MASK 1
#define DOMAIN_NAME_SERVER 6
#define ROUTER_SOLICITATION_ADDRESS 32
#define REQUESTED_IP_ADDRESS 50
#define IP_ADDRESS_LEASE_TIME 51
#define CAPTIVEPORTAL_URI 114
