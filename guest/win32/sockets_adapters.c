// SPDX-License-Identifier: LGPL-2.1-or-later
// The computer's network interfaces, addresses and routes, by iphlpapi.
#include "sockets.h"
#include <iphlpapi.h>
#include <stdlib.h>

static char buffer[60000];

static void adapters(void)
{
    ULONG size = 10;
    ULONG error = GetAdaptersAddresses(AF_UNSPEC, 0, NULL, (void *)buffer, &size);
    say("too small: %lu, more: %d", error, size > 10);
    size = sizeof buffer;
    error = GetAdaptersAddresses(AF_UNSPEC, GAA_FLAG_INCLUDE_PREFIX, NULL, (void *)buffer, &size);
    say("GetAdaptersAddresses: %lu", error);
    for (IP_ADAPTER_ADDRESSES *one = (void *)buffer; !error && one; one = one->Next) {
        say("%lu: %s, type %lu, mtu %lu, state %d, %lu bytes of address", one->IfIndex, narrow(one->FriendlyName), one->IfType,
            one->Mtu, one->OperStatus, one->PhysicalAddressLength);
        for (IP_ADAPTER_UNICAST_ADDRESS *address = one->FirstUnicastAddress; address; address = address->Next) {
            wchar_t text[100];
            DWORD length = 100;
            WSAAddressToStringW(address->Address.lpSockaddr, (DWORD)address->Address.iSockaddrLength, NULL, text, &length);
            say("  %s/%d", narrow(text), address->OnLinkPrefixLength);
        }
        for (IP_ADAPTER_DNS_SERVER_ADDRESS *server = one->FirstDnsServerAddress; server; server = server->Next)
            say("  name server of family %d, port %d", server->Address.lpSockaddr->sa_family,
                ntohs(((struct sockaddr_in *)server->Address.lpSockaddr)->sin_port));
    }
}

static void tables(void)
{
    ULONG size = sizeof buffer;
    DWORD error = GetIpAddrTable((void *)buffer, &size, TRUE);
    MIB_IPADDRTABLE *addresses = (void *)buffer;
    say("GetIpAddrTable: %lu", error);
    for (DWORD i = 0; !error && i < addresses->dwNumEntries; i++)
        say("  %08lx %08lx at %lu", addresses->table[i].dwAddr, addresses->table[i].dwMask, addresses->table[i].dwIndex);
    size = sizeof buffer;
    error = GetIpForwardTable((void *)buffer, &size, TRUE);
    MIB_IPFORWARDTABLE *routes = (void *)buffer;
    say("GetIpForwardTable: %lu", error);
    for (DWORD i = 0; !error && i < routes->dwNumEntries; i++)
        say("  %08lx %08lx by %08lx at %lu", routes->table[i].dwForwardDest, routes->table[i].dwForwardMask,
            routes->table[i].dwForwardNextHop, routes->table[i].dwForwardIfIndex);
    error = GetNumberOfInterfaces(&size);
    say("interfaces: %lu, %lu", error, size);
    size = sizeof buffer;
    error = GetAdaptersInfo((void *)buffer, &size);
    say("GetAdaptersInfo: %lu", error);
    for (IP_ADAPTER_INFO *one = (void *)buffer; !error && one; one = one->Next)
        say("  %lu: %s %s by %s", one->Index, one->IpAddressList.IpAddress.String, one->IpAddressList.IpMask.String,
            one->GatewayList.IpAddress.String);
}

int wmain(void)
{
    begin_sockets();
    adapters();
    tables();
    return 0;
}
