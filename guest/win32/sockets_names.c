// SPDX-License-Identifier: LGPL-2.1-or-later
// Names and addresses: getaddrinfo and the older calls, as far as no name server is asked.
#include "sockets.h"

static char text[200], service[100];

static void ask(const char *node, const char *wanted, int flags, int family, int type)
{
    struct addrinfo hints = {.ai_flags = flags, .ai_family = family, .ai_socktype = type}, *found = NULL;
    int error = getaddrinfo(node, wanted, &hints, &found), count = 0;
    say("getaddrinfo %s %s %x %d %d: %d", node ? node : "-", wanted ? wanted : "-", flags, family, type, error);
    for (struct addrinfo *one = found; one; one = one->ai_next) {
        DWORD length = sizeof text;
        count++;
        if (WSAAddressToStringA(one->ai_addr, (DWORD)one->ai_addrlen, NULL, text, &length))
            say("FAILED: WSAAddressToString: %d", WSAGetLastError());
        say("  family %d, type %d, protocol %d, %s%s%s", one->ai_family, one->ai_socktype, one->ai_protocol, text,
            one->ai_canonname ? ", name " : "", one->ai_canonname ? one->ai_canonname : "");
    }
    if (found)
        freeaddrinfo(found);
}

static void name_of(struct sockaddr_in *address, int flags)
{
    int error = getnameinfo((struct sockaddr *)address, sizeof *address, text, sizeof text, service, sizeof service, flags);
    say("getnameinfo %x: %d", flags, error);
    if (!error)
        say("  %s %s", text, service);
}

int wmain(void)
{
    struct hostent *host;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80)};
    begin_sockets();
    ask("127.0.0.1", "80", 0, AF_UNSPEC, 0);
    ask("127.0.0.1", "80", 0, AF_UNSPEC, SOCK_STREAM);
    ask("1.2.3.4", NULL, AI_NUMERICHOST, AF_INET, SOCK_DGRAM);
    ask("::1", "80", AI_NUMERICHOST, AF_INET6, SOCK_STREAM);
    ask("::1", "80", AI_NUMERICHOST, AF_INET, SOCK_STREAM);
    ask("fe80::1234", "1", AI_NUMERICHOST, AF_UNSPEC, SOCK_STREAM);
    ask("not.a.number", "80", AI_NUMERICHOST, AF_UNSPEC, SOCK_STREAM);
    ask("localhost", "80", 0, AF_INET, SOCK_STREAM);
    ask(NULL, "80", AI_PASSIVE, AF_INET, SOCK_STREAM);
    ask(NULL, "80", 0, AF_INET, SOCK_STREAM);
    ask(NULL, NULL, 0, AF_INET, SOCK_STREAM);
    ask("127.0.0.1", "http", 0, AF_INET, SOCK_STREAM);
    ask("127.0.0.1", "nosuchservice", 0, AF_INET, SOCK_STREAM);
    ask("127.0.0.1", "80", AI_CANONNAME, AF_INET, SOCK_STREAM);
    ask("127.0.0.1", "80", 0, 77, SOCK_STREAM);
    ask("127.0.0.1", "80", 0, AF_INET, 77);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name_of(&address, NI_NUMERICHOST | NI_NUMERICSERV);
    name_of(&address, NI_NUMERICHOST);
    name_of(&address, NI_NUMERICSERV);
    host = gethostbyname("127.0.0.1");
    if (host)
        say("gethostbyname: %s, family %d, length %d, %s, %d aliases", host->h_name, host->h_addrtype, host->h_length,
            inet_ntoa(*(struct in_addr *)host->h_addr_list[0]), host->h_aliases[0] != NULL);
    host = gethostbyname("localhost");
    if (host)
        say("gethostbyname: %s, %s", host->h_name, inet_ntoa(*(struct in_addr *)host->h_addr_list[0]));
    host = gethostbyaddr((char *)&address.sin_addr, 4, AF_INET);
    say("gethostbyaddr: %s", host ? host->h_name : "-");
    host = gethostbyaddr((char *)&address.sin_addr, 4, 77);
    say("gethostbyaddr of no family: %d", host != NULL);
    SAY_ZERO(gethostname(text, sizeof text));
    say("a name: %d", text[0] != 0);
    host = gethostbyname(text);
    say("its own: %d", host != NULL && host->h_addr_list[0] != NULL);
    SAY_ZERO(gethostname(text, 1));
    struct servent *known = getservbyname("http", "tcp");
    say("http: %d", known ? ntohs(known->s_port) : -1);
    struct protoent *protocol = getprotobyname("tcp");
    say("tcp: %d", protocol ? protocol->p_proto : -1);
    say("inet_addr: %lx %lx", inet_addr("1.2.3.4"), inet_addr("x"));
    struct in6_addr six;
    say("inet_pton: %d %d", inet_pton(AF_INET6, "1::2", &six), inet_pton(AF_INET6, "1:::2", &six));
    return 0;
}
