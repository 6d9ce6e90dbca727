// SPDX-License-Identifier: LGPL-2.1-or-later
// std::filesystem, file streams with names of all kinds.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

namespace fs = std::filesystem;

namespace {

void write(const fs::path &path, const std::string &text)
{
    std::ofstream(path, std::ios::binary) << text;
}

std::string show(const fs::path &path)
{
    const auto text = path.generic_u8string();
    std::string out;
    for (const unsigned char c : text)
        out += c < 127 ? std::string(1, static_cast<char>(c)) : "<" + std::to_string(c) + ">";
    return out;
}

void tree()
{
    fs::create_directories("top/middle/bottom");
    write("top/one.txt", "1");
    write("top/middle/two.txt", "22");
    write(L"top/middle/bottom/gr\u00fc\u00df \u4e2d.txt", "333");
    std::vector<std::string> found;
    std::uintmax_t bytes = 0;
    for (const auto &entry : fs::recursive_directory_iterator("top")) {
        found.push_back(show(entry.path()) + (entry.is_directory() ? "/" : ""));
        if (entry.is_regular_file())
            bytes += entry.file_size();
    }
    std::sort(found.begin(), found.end());
    for (const auto &one : found)
        std::cout << one << '\n';
    std::cout << "bytes " << bytes << '\n';
    fs::copy("top", "copy", fs::copy_options::recursive);
    std::cout << "copied: " << fs::exists("copy/middle/two.txt") << '\n';
    fs::rename("copy/one.txt", "copy/renamed.txt");
    std::cout << "renamed: " << fs::exists("copy/one.txt") << fs::exists("copy/renamed.txt") << '\n';
    fs::resize_file("copy/renamed.txt", 1000);
    std::cout << "resized: " << fs::file_size("copy/renamed.txt") << '\n';
    std::cout << "same: " << fs::equivalent("top/one.txt", "top/../top/one.txt") << '\n';
    std::cout << "removed: " << fs::remove_all("copy") << '\n';
    std::cout << "empty: " << fs::is_empty("top") << ", gone: " << !fs::exists("copy") << '\n';
    const auto time = fs::last_write_time("top/one.txt");
    fs::last_write_time("top/one.txt", time - std::chrono::hours(24));
    std::cout << "older: " << (fs::last_write_time("top/one.txt") < time) << '\n';
    fs::permissions("top/one.txt", fs::perms::owner_read);
    std::cout << "read-only: " << ((fs::status("top/one.txt").permissions() & fs::perms::owner_write) == fs::perms::none)
              << '\n';
    fs::permissions("top/one.txt", fs::perms::owner_read | fs::perms::owner_write);
}

void errors()
{
    std::error_code error;
    (void)fs::file_size("nowhere", error);
    std::cout << "file_size: " << error.value() << '\n';
    fs::create_directory("no/where", error);
    std::cout << "create_directory: " << error.value() << '\n';
    fs::remove("top", error);
    std::cout << "remove: " << error.value() << '\n';
    std::cout << "remove nothing: " << fs::remove("nowhere", error) << ' ' << error.value() << '\n';
    try {
        fs::copy_file("nowhere", "somewhere");
    } catch (const fs::filesystem_error &bad) {
        std::cout << "copy_file: " << bad.code().value() << ' ' << show(bad.path1()) << '\n';
    }
    std::ifstream missing("nowhere");
    std::cout << "no stream: " << !missing << '\n';
}

void paths()
{
    const fs::path path = L"C:\\folder\\file.tar.gz";
    std::cout << show(path.root_name()) << ' ' << show(path.parent_path()) << ' ' << show(path.stem()) << ' '
              << show(path.extension()) << '\n';
    std::cout << show(fs::path("a/./b/../c").lexically_normal()) << ' ' << show(fs::path("a/b").lexically_relative("a"))
              << '\n';
    std::cout << "absolute: " << fs::current_path().is_absolute() << ' '
              << (fs::absolute("x").parent_path() == fs::current_path()) << '\n';
    std::cout << "space: " << (fs::space(".").capacity > 0) << '\n';
    std::cout << "temporary: " << fs::is_directory(fs::temp_directory_path()) << '\n';
}

} // namespace

int wmain()
{
    tree();
    errors();
    paths();
    return 0;
}
