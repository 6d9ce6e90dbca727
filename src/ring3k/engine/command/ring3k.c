// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The command `ring3k`.  A run that a warm kernel (`ring3k serve`) takes is handed to it, and no Python starts
// for it; everything else is Python's, which takes over this process.
//
// Where the kernel listens is said here and nowhere else: `ring3k serve` is told in its environment.  The line:
//   to the kernel    a struct request, with it our descriptors 0, 1, 2 and our folder; then the words
//                    and the environment, each ended by a NUL; later a byte for each signal we get
//   from the kernel  two numbers of 32 bits: one that is not 0 as soon as the run is taken, and in the end
//                    what `wait` told of it, plus 1
// If the line ends before the first number, nobody has taken the run.  If it ends on our side, the run is ended.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROTOCOL "ring3k 1" // change it with anything that is said on the line
#define PLACE "RING3K_SOCKET"
// Of set-up: where an environment has its packages, and where the sources are if they are not copied ("" if they are).
#ifndef PACKAGES
#error "PACKAGES and SOURCES come from setup.py"
#endif
#define HOST 125 // exit status: this machine, or this installation, cannot do what was asked

struct request {
    char protocol[8];
    uint32_t size, words, umask; // size: of what follows, in bytes
};

extern char **environ;

static int server = -1; // the line, once the run is taken

// Where the kernel of this user and this copy of the program listens; false where there is no room for the name.
static int address(struct sockaddr_un *to)
{
    struct stat own;
    const char *base = getenv("XDG_RUNTIME_DIR");
    char folder[sizeof to->sun_path];
    int length;
    if (base && *base == '/')
        length = snprintf(folder, sizeof folder, "%s/ring3k", base);
    else
        length = snprintf(folder, sizeof folder, "/tmp/ring3k-%u", getuid());
    if (length >= (int)sizeof folder || stat("/proc/self/exe", &own) < 0)
        return 0;
    to->sun_family = AF_UNIX;
    length = snprintf(to->sun_path, sizeof to->sun_path, "%s/serve-%jx-%jx", folder, (uintmax_t)own.st_dev,
                      (uintmax_t)own.st_ino);
    return length < (int)sizeof to->sun_path;
}

// Whether nobody but this user can have put a socket there.
static int is_private(const char *path)
{
    char folder[sizeof(struct sockaddr_un)];
    struct stat info;
    size_t length = (size_t)(strrchr(path, '/') - path);
    memcpy(folder, path, length);
    folder[length] = 0;
    return lstat(folder, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == getuid() && !(info.st_mode & 077);
}

// Strings, one after the other, each with its NUL.  The number of bytes; without a place, that is all.
static size_t put(char *to, char **strings)
{
    size_t size = 0;
    for (; *strings; strings++) {
        size_t length = strlen(*strings) + 1;
        if (to)
            memcpy(to + size, *strings, length);
        size += length;
    }
    return size;
}

static int send_all(int line, const char *data, size_t size)
{
    while (size) {
        ssize_t done = send(line, data, size, MSG_NOSIGNAL);
        if (done < 0 && errno != EINTR)
            return -1;
        if (done > 0)
            data += done, size -= (size_t)done;
    }
    return 0;
}

// The head of the request, and our descriptors with it.
static int send_head(int line, const struct request *head, int folder)
{
    const int descriptors[] = {0, 1, 2, folder};
    union {
        char space[CMSG_SPACE(sizeof descriptors)];
        struct cmsghdr aligned;
    } control = {{0}};
    struct iovec data = {(void *)head, sizeof *head};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.space};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptors);
    memcpy(CMSG_DATA(rights), descriptors, sizeof descriptors);
    return sendmsg(line, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *head ? 0 : -1;
}

static int ask(int line, int words, char **arguments)
{
    size_t of_words = put(NULL, arguments), size = of_words + put(NULL, environ);
    struct request head = {.size = (uint32_t)size, .words = (uint32_t)words, .umask = (uint32_t)umask(0)};
    umask((mode_t)head.umask);
    memcpy(head.protocol, PROTOCOL, sizeof head.protocol);
    char *data = malloc(size);
    int folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!data || folder < 0 || size > INT_MAX)
        return -1;
    put(data, arguments);
    put(data + of_words, environ);
    int result = send_head(line, &head, folder) < 0 ? -1 : send_all(line, data, size);
    close(folder);
    free(data);
    return result;
}

// A number from the other side; 0 when it is gone.
static uint32_t number(int line)
{
    uint32_t value = 0;
    for (size_t have = 0; have < sizeof value;) {
        ssize_t more = recv(line, (char *)&value + have, sizeof value - have, 0);
        if (more == 0 || (more < 0 && errno != EINTR))
            return 0;
        if (more > 0)
            have += (size_t)more;
    }
    return value;
}

static void forward(int signal)
{
    int saved = errno;
    char byte = (char)signal;
    send(server, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (signal == SIGTSTP)
        raise(SIGSTOP);
    errno = saved;
}

// What somebody told us to ignore stays ignored: we are in a background, or under nohup.
static void forward_signals(void)
{
    static const int all[] = {SIGINT,  SIGTERM,  SIGHUP,  SIGQUIT, SIGTSTP,
                              SIGCONT, SIGWINCH, SIGUSR1, SIGUSR2};
    struct sigaction handler = {.sa_handler = forward, .sa_flags = SA_RESTART}, before;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (sigaction(all[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(all[i], &handler, NULL);
}

// End as the run has ended.
static void __attribute__((noreturn)) end(int status)
{
    if (WIFSIGNALED(status)) {
        sigset_t none;
        signal(WTERMSIG(status), SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        raise(WTERMSIG(status));
        _exit(128 + WTERMSIG(status));
    }
    _exit(WEXITSTATUS(status));
}

// Let a warm kernel do it.  Returns where there is none.
static void try_warm(int words, char **arguments)
{
    struct sockaddr_un place;
    for (int i = 0; i < 3; i++)
        if (fcntl(i, F_GETFD) < 0)
            return;
    if (!address(&place) || !is_private(place.sun_path))
        return;
    int line = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (line < 0)
        return;
    if (connect(line, (struct sockaddr *)&place, sizeof place) == 0 && ask(line, words, arguments) == 0 &&
        number(line)) {
        server = line;
        forward_signals();
        uint32_t told = number(line);
        if (told)
            end((int)(told - 1));
        static const char gone[] = "ring3k: the warm kernel is gone, and the program with it\n";
        _exit(write(2, gone, sizeof gone - 1) < 0 ? HOST : HOST);
    }
    close(line);
}

// Where the package lies: beside the environment's other packages, or where its sources are.
static int find_package(const char *bin, char *place, size_t room)
{
    static const char *const formats[] = {"%s/../" PACKAGES, SOURCES};
    static const char sign[] = "/ring3k/__init__.py";
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        int length = i ? snprintf(place, room, "%s", formats[i]) : snprintf(place, room, formats[i], bin);
        if (length <= 0 || (size_t)length + sizeof sign > room)
            continue;
        strcpy(place + length, sign);
        int found = access(place, F_OK) == 0;
        place[length] = 0;
        if (found)
            return 1;
    }
    return 0;
}

// Python, as `python -m ring3k`: in a virtual environment its own, else the one that the installer chose.  Where
// packages are Python need not find out (-S) if we know it: ring3k.cli does when somebody else's is wanted.
static int become_python(int words, char **arguments)
{
    static char option[] = "-P", quick[] = "-S", code_option[] = "-c";
    static char code[] = "from ring3k.cli import command; command()";
    static char quick_code[] = "import sys; sys.path.append(sys.argv.pop(1)); from ring3k.cli import command; command()";
    char path[PATH_MAX], place[PATH_MAX], *slash;
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof "/../pyvenv.cfg");
    if (length <= 0)
        return -1;
    path[length] = 0;
    if (!(slash = strrchr(path, '/')))
        return -1;
    *slash = 0;
    int known = find_package(path, place, sizeof place);
    strcpy(slash, "/../pyvenv.cfg");
    int environment = access(path, F_OK) == 0;
    strcpy(slash, environment ? "/python3" : "/ring3k-cold");
    char **all = calloc((size_t)words + 7, sizeof *all);
    if (!all)
        return -1;
    char **next = all;
    *next++ = path;
    if (environment) {
        *next++ = option;
        if (known)
            *next++ = quick;
        *next++ = code_option, *next++ = known ? quick_code : code;
        if (known)
            *next++ = place;
    }
    memcpy(next, arguments, (size_t)words * sizeof *next);
    execv(path, all);
    fprintf(stderr, "ring3k: cannot start %s: %s; install ring3k again\n", path, strerror(errno));
    return -1;
}

int main(int count, char **arguments)
{
    struct sockaddr_un place;
    const char *command = count > 1 ? arguments[1] : "";
    if (strcmp(command, "run") == 0 && !getenv("RING3K_COLD"))
        try_warm(count - 1, arguments + 1);
    if (strcmp(command, "serve") == 0 && address(&place))
        setenv(PLACE, place.sun_path, 1);
    if (count > 0)
        become_python(count - 1, arguments + 1);
    return HOST;
}
