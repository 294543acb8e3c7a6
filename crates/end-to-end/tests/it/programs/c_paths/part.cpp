#include <iostream>
#include <stdexcept>
#include <vector>
// Links the C++ library, and unwinds.
extern "C" const char *in_cpp() {
    try {
        std::vector<int>().at(1);
    } catch (const std::out_of_range &) {
        std::cout << "C++ catches" << std::endl;
        return __FILE__;
    }
    return "not caught";
}
