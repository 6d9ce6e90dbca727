// SPDX-License-Identifier: LGPL-2.1-or-later
// C++ exceptions, their destructors, across frames and threads; streams, strings, numbers.
#include <algorithm>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Noisy {
    explicit Noisy(int n) : number(n) {}
    Noisy(const Noisy &) = delete;
    Noisy &operator=(const Noisy &) = delete;
    ~Noisy() { std::cout << "goodbye " << number << '\n'; }
    int number;
};

void deep(int n)
{
    Noisy here(n);
    if (n == 0)
        throw std::runtime_error("from the bottom");
    deep(n - 1);
}

void exceptions()
{
    try {
        deep(3);
    } catch (const std::exception &error) {
        std::cout << "caught " << error.what() << '\n';
    }
    try {
        try {
            throw 42;
        } catch (int number) {
            std::cout << "an int, " << number << '\n';
            throw std::string("again");
        }
    } catch (const std::string &text) {
        std::cout << "a string, " << text << '\n';
    }
    try {
        std::vector<int>(3).at(5) = 1;
    } catch (const std::out_of_range &) {
        std::cout << "out of range\n";
    }
    try {
        (void)std::stoi("no number");
    } catch (const std::invalid_argument &) {
        std::cout << "invalid argument\n";
    }
    try {
        volatile std::size_t size = 0xf0000000;
        std::vector<char> much(size / 2 - 1);
        std::cout << "got it, " << much.size() << '\n';
    } catch (const std::bad_alloc &) {
        std::cout << "no memory\n";
    }
    std::exception_ptr kept;
    std::thread([&] {
        try {
            deep(1);
        } catch (...) {
            kept = std::current_exception();
        }
    }).join();
    try {
        std::rethrow_exception(kept);
    } catch (const std::runtime_error &error) {
        std::cout << "from a thread: " << error.what() << '\n';
    }
    int caught = 0;
    for (int i = 0; i < 2000; i++) {
        try {
            if (i % 2)
                throw i;
            throw std::logic_error("even");
        } catch (int) {
            caught++;
        } catch (const std::logic_error &) {
            caught += 2;
        }
    }
    std::cout << "in a loop: " << caught << '\n';
}

void streams()
{
    std::string line;
    int count = 0;
    while (std::getline(std::cin, line))
        std::cout << "input " << ++count << ": " << line.size() << '\n';
    std::cout << std::hex << 255 << ' ' << std::dec << std::setw(6) << std::setfill('*') << 42 << ' ' << std::fixed
              << std::setprecision(3) << 3.14159 << ' ' << std::scientific << 12345.678 << std::defaultfloat << '\n';
    std::ostringstream text;
    text << std::boolalpha << true << ' ' << 1.5 << ' ' << "word" << ' ' << static_cast<void *>(nullptr);
    std::cout << text.str() << '\n';
    {
        std::ofstream out("stream.txt");
        for (int i = 0; i < 1000; i++)
            out << "line " << i << '\n';
    }
    std::ifstream in("stream.txt", std::ios::binary | std::ios::ate);
    std::cout << "bytes " << in.tellg() << '\n';
    in.seekg(0);
    in >> line >> count;
    std::cout << line << ' ' << count << '\n';
    std::cerr << "an error line\n";
    std::wcout << L"wide text\n";
    std::clog << "a log line" << std::endl;
}

void library()
{
    std::map<std::string, int> words;
    std::istringstream in("the cat and the dog and the bird");
    for (std::string word; in >> word;)
        words[word]++;
    for (const auto &[word, count] : words)
        std::cout << word << '=' << count << ' ';
    std::cout << '\n';
    std::vector<int> numbers(100);
    std::iota(numbers.begin(), numbers.end(), 1);
    std::cout << "sum " << std::accumulate(numbers.begin(), numbers.end(), 0) << '\n';
    std::smatch found;
    const std::string text = "key = value ; more";
    if (std::regex_search(text, found, std::regex(R"((\w+)\s*=\s*(\w+))")))
        std::cout << found[1] << " is " << found[2] << '\n';
    std::cout << std::to_string(2.5) << ' ' << std::stod("1e3") << ' ' << std::stoll("-9000000000") << '\n';
}

} // namespace

int wmain()
{
    exceptions();
    streams();
    library();
    return 5;
}
