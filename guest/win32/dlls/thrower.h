// SPDX-License-Identifier: LGPL-2.1-or-later
// What the DLL and the program share.
#pragma once
#include <stdexcept>
#include <string>

#ifdef THROWER
#define API __declspec(dllexport)
#else
#define API __declspec(dllimport)
#endif

struct API Fault : std::runtime_error {
    int code;
    Fault(int number, const std::string &text);
    ~Fault() override;
};

API void throw_by_kind(int kind);
API void call_back(void (*what)(int), int number);  // catches nothing, but destroys an object on the way
API int catch_from(void (*what)(int), int number);  // catches what it knows
API extern int destroyed;
