// SPDX-License-Identifier: LGPL-2.1-or-later
// std::thread, mutexes, condition variables, futures, atomics, thread locals.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <iostream>
#include <mutex>
#include <numeric>
#include <queue>
#include <shared_mutex>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

void counting()
{
    std::mutex lock;
    long guarded = 0;
    std::atomic<long> atomic = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([&] {
            for (int n = 0; n < 5000; n++) {
                std::lock_guard hold(lock);
                guarded++;
                atomic++;
            }
        });
    for (auto &one : threads)
        one.join();
    std::cout << "counted " << guarded << ' ' << atomic << '\n';
}

void queue()
{
    std::mutex lock;
    std::condition_variable filled, emptied;
    std::queue<int> items;
    bool done = false;
    long sum = 0;
    std::thread consumer([&] {
        for (;;) {
            std::unique_lock hold(lock);
            filled.wait(hold, [&] { return !items.empty() || done; });
            if (items.empty())
                return;
            sum += items.front();
            items.pop();
            emptied.notify_one();
        }
    });
    for (int i = 1; i <= 2000; i++) {
        std::unique_lock hold(lock);
        emptied.wait(hold, [&] { return items.size() < 16; });
        items.push(i);
        filled.notify_one();
    }
    {
        std::lock_guard hold(lock);
        done = true;
    }
    filled.notify_all();
    consumer.join();
    std::cout << "sum " << sum << '\n';
}

thread_local int mine = 7;

void the_rest()
{
    std::vector<std::future<int>> futures;
    for (int i = 0; i < 4; i++)
        futures.push_back(std::async(std::launch::async, [i] { return i * i; }));
    int total = 0;
    for (auto &one : futures)
        total += one.get();
    std::cout << "futures " << total << '\n';

    std::promise<std::string> promise;
    std::thread giver([&] { promise.set_value("kept"); });
    std::cout << "promise " << promise.get_future().get() << '\n';
    giver.join();

    std::promise<int> broken;
    auto waiting = broken.get_future();
    std::cout << "not ready: " << (waiting.wait_for(20ms) == std::future_status::timeout) << '\n';
    broken.set_exception(std::make_exception_ptr(std::runtime_error("broken")));
    try {
        waiting.get();
    } catch (const std::runtime_error &error) {
        std::cout << "future threw " << error.what() << '\n';
    }

    std::timed_mutex timed;
    timed.lock();
    std::thread([&] { std::cout << "timed: " << timed.try_lock_for(30ms) << '\n'; }).join();
    timed.unlock();

    std::shared_mutex shared;
    std::atomic<int> readers = 0;
    {
        std::shared_lock first(shared);
        std::thread([&] {
            std::shared_lock second(shared, std::try_to_lock);
            readers += second.owns_lock();
        }).join();
        std::thread([&] {
            std::unique_lock writer(shared, std::try_to_lock);
            readers += writer.owns_lock() ? 10 : 0;
        }).join();
    }
    std::cout << "readers " << readers << '\n';

    // std::latch, std::barrier and std::counting_semaphore of GCC 12 lose wake-ups on Windows, under Wine as well.
    std::mutex gate;
    std::condition_variable all_here;
    int here = 0, phases = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; i++)
        threads.emplace_back([&] {
            for (int n = 0; n < 20; n++) {
                std::unique_lock lock(gate);
                int phase = phases;
                if (++here == 3) {
                    here = 0;
                    phases++;
                    all_here.notify_all();
                } else {
                    all_here.wait(lock, [&] { return phases != phase; });
                }
            }
        });
    threads.clear();
    std::cout << "phases " << phases << '\n';

    std::jthread stopped([](std::stop_token stop) {
        while (!stop.stop_requested())
            std::this_thread::sleep_for(1ms);
        mine++;
        std::cout << "stopped, mine is " << mine << '\n';
    });
    stopped.request_stop();
    stopped.join();
    std::cout << "mine is " << mine << '\n';
    std::once_flag once;
    int calls = 0;
    for (int i = 0; i < 3; i++)
        std::call_once(once, [&] { calls++; });
    std::cout << "once " << calls << '\n';
    std::atomic<int> flag = 0;
    std::thread waker([&] {
        std::this_thread::sleep_for(20ms);
        flag = 1;
        flag.notify_all();
    });
    flag.wait(0);
    std::cout << "atomic wait " << flag << '\n';
    waker.join();
    const auto start = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(50ms);
    const auto slept = std::chrono::steady_clock::now() - start;
    std::cout << "slept at least: " << (slept >= 49ms) << ", not for ever: " << (slept < 5s) << '\n';
    std::cout << "processors: " << (std::thread::hardware_concurrency() > 0) << '\n';
}

} // namespace

int wmain()
{
    counting();
    queue();
    the_rest();
    return 0;
}
