// SPDX-License-Identifier: LGPL-2.1-or-later
// C++ exceptions: types, nesting, rethrowing, destructors, threads, and the ends of a program that handles none.
#include "say.h"
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <typeinfo>
#include <vector>

namespace {

struct Trace {
    const char *name;
    explicit Trace(const char *text) : name(text) { say("  + %s", name); }
    Trace(const Trace &other) : name(other.name) { say("  copy of %s", name); }
    ~Trace() { say("  - %s%s", name, std::uncaught_exceptions() ? " while unwinding" : ""); }
};

struct Base {
    virtual ~Base() = default;
    virtual const char *name() const { return "Base"; }
};

struct Derived : Base {
    const char *name() const override { return "Derived"; }
};

struct Custom : std::runtime_error {
    int code;
    Custom(int number, const std::string &text) : std::runtime_error(text), code(number) {}
};

void attempt(const char *name, const std::function<void()> &what)
{
    say("- %s", name);
    try {
        what();
        say("nothing was thrown");
    } catch (const Custom &error) {
        say("Custom %d: %s", error.code, error.what());
    } catch (const std::out_of_range &) {
        say("std::out_of_range");
    } catch (const std::system_error &error) {
        say("std::system_error %d", error.code().value());
    } catch (const std::exception &error) {
        say("std::exception of type %s", typeid(error).name());
    } catch (int number) {
        say("int %d", number);
    } catch (const char *text) {
        say("text %s", text);
    } catch (const Base &object) {
        say("object %s", object.name());
    } catch (...) {
        say("something else");
    }
}

struct Throws {
    Trace first{"member"};
    Throws(bool really) : first("first member")
    {
        if (really)
            throw Custom(1, "from a constructor");
    }
};

void deep(int depth)
{
    Trace trace(depth % 2 ? "odd" : "even");
    if (depth == 0)
        throw Derived();
    deep(depth - 1);
}

void nested()
{
    try {
        throw std::runtime_error("inner");
    } catch (...) {
        std::throw_with_nested(Custom(2, "outer"));
    }
}

void show(const std::exception &error, int depth = 0)
{
    say("%d: %s", depth, error.what());
    try {
        std::rethrow_if_nested(error);
    } catch (const std::exception &inner) {
        show(inner, depth + 1);
    }
}

void function_try()
try {
    throw 5;
} catch (int number) {
    throw number + 1;
}

int many()
{
    int caught = 0;
    for (int i = 0; i < 5000; i++)
        try {
            std::vector<std::string> strings(3, "some text that is long enough for the heap");
            if (i % 2)
                throw i;
            throw std::string("text");
        } catch (int) {
            caught++;
        } catch (const std::string &) {
            caught += 2;
        }
    return caught;
}

void threads()
{
    std::vector<std::thread> all;
    std::vector<int> counts(8);
    for (int n = 0; n < 8; n++)
        all.emplace_back([n, &counts] { counts[n] = many(); });
    int good = 0;
    for (int n = 0; n < 8; n++) {
        all[n].join();
        good += counts[n] == 7500;
    }
    say("threads that caught everything: %d", good);
    std::exception_ptr kept;
    std::thread([&kept] {
        try {
            throw Custom(3, "from another thread");
        } catch (...) {
            kept = std::current_exception();
        }
    }).join();
    attempt("carried over", [&] { std::rethrow_exception(kept); });
    attempt("a future", [] {
        std::async(std::launch::async, []() -> int { throw Custom(4, "from a task"); }).get();
    });
    attempt("a broken promise", [] {
        std::future<int> future = std::promise<int>().get_future();
        future.get();
    });
}

[[noreturn]] void end()
{
    try {
        std::rethrow_exception(std::current_exception());
    } catch (const std::exception &error) {
        say("terminate because of %s", error.what());
    } catch (...) {
        say("terminate because of something");
    }
    ExitProcess(21);
}

void __attribute__((noinline)) fail()
{
    if (GetTickCount() != 1)
        throw Custom(9, "out of noexcept");
}

void fails() noexcept
{
    fail();
}

}  // namespace

int wmain()
{
    attempt("int", [] { throw 42; });
    attempt("text", [] { throw "a string"; });
    attempt("derived", [] { throw Derived(); });
    attempt("custom", [] { throw Custom(7, "what it says"); });
    attempt("nothing that is named", [] { throw 1.5; });
    attempt("at()", [] { std::vector<int>(3).at(7); });
    attempt("bad cast", [] { Base base; (void)dynamic_cast<Derived &>(base); });
    attempt("bad alloc", [] { volatile size_t size = 0x7ffffff0; delete[] new char[size]; });
    attempt("bad typeid", [] { Base *volatile none = nullptr; (void)typeid(*none).name(); });
    attempt("bad function", [] { std::function<void()>()(); });
    attempt("unlocking", [] { std::unique_lock<std::mutex>().unlock(); });
    attempt("constructor", [] { Throws object(true); });
    attempt("deep", [] { deep(4); });
    attempt("rethrown", [] {
        try {
            throw Derived();
        } catch (Base &object) {
            say("first as %s", object.name());
            throw;
        }
    });
    attempt("function-try-block", function_try);
    attempt("array of objects", [] {
        struct Counted {
            int number;
            Counted() { static int made; number = ++made; if (number == 4) throw number; }
            ~Counted() { say("  destroyed %d", number); }
        };
        std::unique_ptr<Counted[]> all(new Counted[6]);
    });
    try {
        nested();
    } catch (const std::exception &error) {
        show(error);
    }
    say("caught %d", many());
    threads();
    std::set_terminate(end);
    fails();
    return 0;
}
