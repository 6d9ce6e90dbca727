// SPDX-License-Identifier: LGPL-2.1-or-later
#define THROWER
#include "thrower.h"
#include <new>
#include <vector>

int destroyed;

Fault::Fault(int number, const std::string &text) : std::runtime_error(text), code(number) {}
Fault::~Fault() = default;

struct Guard {
    ~Guard() { destroyed++; }
};

void throw_by_kind(int kind)
{
    Guard guard;
    switch (kind) {
    case 0: throw Fault(70, "of the DLL's own type");
    case 1: throw std::out_of_range("of the library's type");
    case 2: throw 42;
    case 3: throw std::string("a string of the DLL");
    case 4: std::vector<int>().at(3); break;
    case 5: throw std::bad_alloc();
    }
}

void call_back(void (*what)(int), int number)
{
    Guard guard;
    what(number);
}

int catch_from(void (*what)(int), int number)
{
    try {
        call_back(what, number);
    } catch (const Fault &fault) {
        return fault.code;
    } catch (const std::exception &) {
        return -1;
    } catch (int value) {
        throw value + 1;
    }
    return 0;
}
